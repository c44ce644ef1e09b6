// Names of Rust, and a static of its own.
use std::sync::atomic::{AtomicI64, Ordering};

#[repr(C)]
pub struct Point {
    x: i32,
    y: i64,
}

static TOTAL: AtomicI64 = AtomicI64::new(1000);

pub mod inner {
    #[inline(never)]
    pub fn work(p: &super::Point, n: i32, small: u8) -> i64 {
        super::TOTAL.fetch_add(n as i64, super::Ordering::SeqCst);
        p.y * n as i64 + p.x as i64 + small as i64
    }
}

fn main() {
    let p = Point { x: 7, y: 9 };
    for i in 0..3 {
        println!("work n={} small={} x=7 y=9 returned={}", i + 10, 200 + i, inner::work(&p, i + 10, (200 + i) as u8));
    }
}
