// The order of a product is open: where a part of it may overflow before a zero comes, 0 and NaN are both right.
// RUN: %tppc run %s --verify --threads 2 | FileCheck %s
// CHECK: verify: 2 elements
kernel product() -> (Y: f32, Z: f32)
{
  for m in 64 {
    Y *= select(m < 40, 1e9, select(m < 63, 1, 0));
    Z *= select(m < 20, 0.5, 2);
  }
}
