// Names of C++: a method, an overload, a template, an operator; and exceptions, which libstdc++ tells by static probes.
#include <cstdio>
#include <string>

namespace geometry {
long drawn = 3;
struct Shape {
	int sides;
	std::string name;
	__attribute__((noinline)) int area(int scale) const { drawn += scale; return sides * scale; }
	__attribute__((noinline)) int area(const std::string &unit) const { drawn++; return sides + (int)unit.size(); }
	__attribute__((noinline)) bool operator<(const Shape &other) const { drawn++; return sides < other.sides; }
};
template <typename T> __attribute__((noinline)) T twice(T value) { drawn++; return value + value; }
struct Error {
	int code;
};
} // namespace geometry

__attribute__((noinline)) void fail(int code) { throw geometry::Error{ code }; }

int main()
{
	geometry::Shape square{ 4, "square" }, triangle{ 3, "triangle" };
	std::string unit = "metres";
	std::printf("area sides=4 scale=10 returned=%d\n", square.area(10));
	std::printf("unit sides=3 returned=%d\n", triangle.area(unit));
	std::printf("less sides=3 other=4 returned=%d\n", triangle < square);
	std::printf("twice value=21 returned=%ld\n", geometry::twice<long>(21));
	for (int code = 5; code < 7; code++)
		try {
			fail(code);
		} catch (geometry::Error &error) {
			std::printf("caught code=%d at=%lu\n", error.code, (unsigned long)&error);
		}
	return 0;
}
