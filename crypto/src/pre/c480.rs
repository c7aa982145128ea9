//! The 480-bit curve.

super::arithmetic::arithmetic!(c480);
