/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Bloom filter with one hash over the table of TCP connections: a flow whose bit is not set has no connection. The filter
 * fits into the CPU's cache, while a look-up in the table waits for memory, which a first packet would do in vain.
 *
 * A segment without SYN mostly belongs to a connection in the table, so it is looked up there at once. In a flood of segments
 * of no connection each would wait for memory in vain: then the filter is asked first, for all segments.
 *
 * Bits are only ever set here. User space rebuilds the filter in its inactive half from what the table holds, and then makes
 * that half the active one (known-flows.ts). Meanwhile every bit is set in both halves, so the moment of the change does not
 * matter.
 */
#pragma once

#include "clock.bpf.h"
#include "connection.bpf.h"
#include "hints.bpf.h"
#include "placement.bpf.h"

/* Segments of no connection that each CPU tolerates: one in MISS_NS on average, with a burst of MISSES_BURST_NS. */
#define MISS_NS 10000
#define MISSES_BURST_NS 10000000
/* How long the filter is asked first after there were more. */
#define FILTER_FIRST_NS 100000000

static __always_inline __u64 bit_of(__u32 hash)
{
	return 1ULL << (hash & 63);
}

/* The word with the flow's bit in that half of the filter; or NULL. */
static __always_inline __u64 *word_of(const struct packet *p, __u32 half, __u32 hash)
{
	__u32 words = p->settings->filter_words; /* a power of two */
	__u32 row = half * words + (hash / 64 & (words - 1));
	return bpf_map_lookup_elem(&known_flows, &row);
}

/* The number of the active half, perhaps with FILTER_RENEWING. */
static __always_inline __u32 filter_state(const struct packet *p)
{
	__u32 behind = 2 * p->settings->filter_words;
	__u64 *state = bpf_map_lookup_elem(&known_flows, &behind);
	return state ? *(volatile __u64 *)state : FILTER_RENEWING;
}

static __always_inline bool may_be_known(const struct packet *p)
{
	__u32 hash = hash_of(p->flow);
	__u64 *word = word_of(p, filter_state(p) & 1, hash);
	return !word || *(volatile __u64 *)word & bit_of(hash);
}

/* Reads the word that mark_known() will need, so that the CPU waits for it and for other memory at the same time. */
static __always_inline void prefetch_known(const struct packet *p)
{
	__u64 *word = word_of(p, filter_state(p) & 1, hash_of(p->flow));
	if (!word)
		return;
	__u64 bits = *(volatile __u64 *)word;
	barrier_var(bits);
}

static __always_inline void mark_in(const struct packet *p, __u32 half, __u32 hash)
{
	__u64 *word = word_of(p, half, hash);
	if (word)
		__sync_fetch_and_or(word, bit_of(hash));
}

/* Counts a segment of no connection, and detects a flood of them. */
static __always_inline void note_miss(void)
{
	__u64 now_ns = tick_ns();
	__u64 *until_ns = only_entry(&misses);
	__u64 *first = only_entry(&filter_first);
	if (!until_ns || !first)
		return;
	__u64 next = (*until_ns < now_ns ? now_ns : *until_ns) + MISS_NS;
	bool flood = next > now_ns + MISSES_BURST_NS;
	*until_ns = flood ? now_ns + MISSES_BURST_NS : next;
	/* All CPUs read that word for each segment, so it is written rarely. */
	if (flood && *(volatile __u64 *)first < now_ns + FILTER_FIRST_NS / 2)
		*(volatile __u64 *)first = now_ns + FILTER_FIRST_NS;
}

/* The word is zero except in a flood, so nearly no packet reads the clock. The first packet after the flood resets it. */
static __always_inline bool asks_filter_first(void)
{
	__u64 *first = only_entry(&filter_first);
	__u64 until_ns = first ? *(volatile __u64 *)first : 0;
	if (likely(!until_ns))
		return false;
	if (tick_ns() < until_ns)
		return true;
	*(volatile __u64 *)first = 0;
	return false;
}

/*
 * The flow's proven connection, or NULL. Each table has a call of its own: the kernel's verifier can inline the look-up only
 * where the map is a constant.
 */
static __always_inline struct connection *find_proven(const struct packet *p)
{
	if (unlikely(!is_tcp(p)))
		return bpf_map_lookup_elem(&udp_flows, p->flow);
	struct connection *known = bpf_map_lookup_elem(&connections, p->flow);
	barrier_var(known); /* or the compiler would merge the two calls */
	return known;
}

/* The same for a packet that begins no connection. */
static __always_inline struct connection *find_continuing(const struct packet *p)
{
	bool missing = unlikely(asks_filter_first()) && is_tcp(p) && !may_be_known(p);
	struct connection *known = missing ? NULL : find_proven(p);
	if (unlikely(!known && is_tcp(p)))
		note_miss();
	return known;
}

/*
 * Called after the connection was inserted. A filter that is being rebuilt gets the flow from the table or from here: user
 * space sets FILTER_RENEWING before it walks the table, and the lock of the flow's bucket orders the two. Either the walk
 * finds the flow, or it passed that bucket before the insertion, and then the flag is seen here.
 */
static __always_inline void mark_known(const struct packet *p)
{
	__u32 state = filter_state(p), hash = hash_of(p->flow);
	mark_in(p, state & 1, hash);
	if (unlikely(state & FILTER_RENEWING))
		mark_in(p, !(state & 1), hash);
}
