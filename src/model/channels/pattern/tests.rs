//! On real cores.
