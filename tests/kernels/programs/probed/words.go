// Go passes parameters in registers of its own choice, and has stacks that move.
package main

import "fmt"

type Point struct {
	X, Y int64
	Name string
}

var Total int64 = 1000

//go:noinline
func Work(p *Point, n int, small uint8, name string) int64 {
	Total += int64(n)
	return p.X*int64(n) + int64(small) + int64(len(name))
}

func main() {
	p := &Point{7, 9, "seven"}
	for i := 0; i < 3; i++ {
		before := Total
		fmt.Printf("work n=%d small=%d x=7 y=9 total=%d returned=%d\n", i+10, 200+i, before, Work(p, i+10, uint8(200+i), "hello"))
	}
}
