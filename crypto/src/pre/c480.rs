//! The 480-bit curve.

super::arithmetic::arithmetic!(c480, api_480, 60);
