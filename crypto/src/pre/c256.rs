//! The 256-bit curve.

super::arithmetic::arithmetic!(c256);
