/* Asks whether the network interface that it is given has a link, by ETHTOOL_GLINK. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK };
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc < 2)
		return 2;
	strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
	request.ifr_data = (void *)&value;
	if (ioctl(fd, SIOCETHTOOL, &request)) {
		perror("SIOCETHTOOL");
		return 1;
	}
	printf("%u\n", value.data);
	return 0;
}
