/* SPDX-License-Identifier: GPL-2.0 */
/* The lease: whether it holds, and by which clock. */
#pragma once

#include <stdbool.h>
#include "clock.bpf.h"
#include "lookup.bpf.h"

/* FUTEX_TID_MASK of <linux/futex.h>, which cannot be included beside the headers for bpf. */
#define THREAD_BITS 0x3fffffff

/* By the exact clock that goes on during a suspension, so that two nodes never answer at the same time. */
static __always_inline bool may_answer(__u64 boot_ns)
{
	struct lease *held = only_entry(&lease);
	return held && boot_ns < *(volatile __u64 *)&held->answer_until_ns;
}

/* A live node renews its lease long before the margin, so nearly no packet reads the exact clock. */
static __always_inline bool may_forward(__u64 tick_ns)
{
	struct lease *held = only_entry(&lease);
	if (!held)
		return false;
	__u64 until_ns = *(volatile __u64 *)&held->forward_until_ns;
	return tick_ns + LEASE_MARGIN_NS < until_ns || clock_ns() < until_ns;
}

/* Whether our lease has lapsed unrenewed. One that was given back is zero and never lapses: the successor relies on its grace. */
static __always_inline bool has_lapsed(__u64 boot_ns)
{
	struct lease *held = only_entry(&lease);
	__u64 until_ns = held ? *(volatile __u64 *)&held->answer_until_ns : 0;
	return until_ns && boot_ns >= until_ns;
}

/* A frozen daemon lives and may wake; one that was killed does not, from the first instant of its end. */
static __always_inline bool daemon_lives(void)
{
	struct lease *page = only_entry(&lease);
	return page && *(volatile __u32 *)&page->daemon_thread & THREAD_BITS;
}

/* Another node leads from now on, so this one stops forwarding. */
static __always_inline void end_forwarding(void)
{
	struct lease *held = only_entry(&lease);
	if (held)
		*(volatile __u64 *)&held->forward_until_ns = 0;
}

static __always_inline void note_peer_asks(__u64 boot_ns)
{
	struct lease *page = only_entry(&lease);
	if (page)
		*(volatile __u64 *)&page->peer_asked_ns = boot_ns;
}
