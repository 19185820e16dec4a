/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that reads the time: CLOCK_MONOTONIC, and the same clock as of the kernel's last tick, which is nearly free,
 * while reading the exact one waits for everything before it; and CLOCK_BOOTTIME, which goes on while the machine is
 * suspended, and has no such copy. The differential test compiles the same source with TEST_CLOCK
 * into a second object, whose time stands in a table; everything else in it is the same.
 */
#pragma once

#include "lookup.bpf.h"

#ifdef TEST_CLOCK
struct test_clock {
	__u64 now_ns;
	__u64 tick_ns;
	__u64 boot_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct test_clock);
} test_clock SEC(".maps");

static __always_inline __u64 clock_ns(void)
{
	struct test_clock *time = only_entry(&test_clock);
	return time ? *(volatile __u64 *)&time->now_ns : 0;
}

static __always_inline __u64 tick_ns(void)
{
	struct test_clock *time = only_entry(&test_clock);
	return time ? *(volatile __u64 *)&time->tick_ns : 0;
}

static __always_inline __u64 boot_ns(void)
{
	struct test_clock *time = only_entry(&test_clock);
	return time ? *(volatile __u64 *)&time->boot_ns : 0;
}
#else
static __always_inline __u64 clock_ns(void)
{
	return bpf_ktime_get_ns();
}

static __always_inline __u64 tick_ns(void)
{
	return bpf_ktime_get_coarse_ns();
}

static __always_inline __u64 boot_ns(void)
{
	return bpf_ktime_get_boot_ns();
}
#endif
