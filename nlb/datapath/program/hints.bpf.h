/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which way a packet of an established connection goes. The compiler lays the program out so that this is the straight
 * one; what the others cost for it does not matter.
 */
#pragma once

#ifndef likely
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#endif
