/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that reads clocks: CLOCK_MONOTONIC, exact; the same as of the kernel's last tick or the one before, which costs
 * next to nothing, while reading the exact clock waits for all instructions before it; and CLOCK_BOOTTIME, which goes on during
 * a suspension and has no such copy. For the differential test the same source is compiled with TEST_CLOCK into a second
 * object, which reads its time from a table; everything else in it is the same.
 */
#pragma once

#include "hints.bpf.h"
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
/* What each CPU last read, and the kernel's count of ticks at that time: the clock of ticks moves only with that count. */
struct tick {
	__u64 ticks;
	__u64 ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tick);
} last_tick SEC(".maps");

static __always_inline __u64 clock_ns(void)
{
	return bpf_ktime_get_ns();
}

/*
 * bpf_jiffies64() is inlined as a load; the coarse clock is a call with two more inside. On CPUs with return-speculation
 * mitigations those calls cost 30 ns of an established packet's 110.
 */
static __always_inline __u64 tick_ns(void)
{
	__u64 ticks = bpf_jiffies64();
	struct tick *last = only_entry(&last_tick);
	if (likely(last && last->ticks == ticks))
		return last->ns;
	__u64 ns = bpf_ktime_get_coarse_ns();
	if (last) {
		last->ns = ns;
		last->ticks = ticks;
	}
	return ns;
}

static __always_inline __u64 boot_ns(void)
{
	return bpf_ktime_get_boot_ns();
}
#endif
