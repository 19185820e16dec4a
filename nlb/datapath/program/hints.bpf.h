/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Branch hints for packets of established connections. The compiler lays their path out without jumps; what other packets
 * pay for that does not matter.
 */
#pragma once

#ifndef likely
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#endif
