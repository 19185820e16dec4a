/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that reads the time. The differential test compiles the same source with TEST_CLOCK into a second
 * object, whose time stands in a table; everything else in it is the same.
 */
#pragma once

#include "lookup.bpf.h"

#ifdef TEST_CLOCK
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} test_clock SEC(".maps");

static __always_inline __u64 clock_ns(void)
{
	__u64 *now_ns = only_entry(&test_clock);
	return now_ns ? *(volatile __u64 *)now_ns : 0;
}
#else
static __always_inline __u64 clock_ns(void)
{
	return bpf_ktime_get_ns();
}
#endif
