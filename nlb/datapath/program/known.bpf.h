/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Bloom filter of one hash over the table of connections: a flow whose bit is not set has none. It is so small that the
 * processor's cache holds it, while a look into the table itself waits for memory, which a first packet does for nothing.
 *
 * A segment that begins nothing is mostly of a connection that is there, so it is looked for in the table at once; but not in a
 * flood of segments of no connection, which would wait for memory each: then the filter is asked first, for all.
 *
 * Bits are only set here. User space makes the filter anew in the other half, from what the table then holds, and says
 * which half counts (known-flows.ts). While it does so, both get every bit, so it does not matter when it says so.
 */
#pragma once

#include "clock.bpf.h"
#include "connection.bpf.h"
#include "hints.bpf.h"
#include "placement.bpf.h"

/* A processor may see so many segments of no connection: one in this time on average, and so many more at once. */
#define MISS_NS 10000
#define MISSES_BURST_NS 10000000
/* For so long, the filter is asked first when there were more. */
#define FILTER_FIRST_NS 100000000

static __always_inline __u64 bit_of(__u32 hash)
{
	return 1ULL << (hash & 63);
}

/* Of that half, the word in which the flow's bit is; NULL in none that there is. */
static __always_inline __u64 *word_of(const struct packet *p, __u32 half, __u32 hash)
{
	__u32 words = p->settings->filter_words; /* a power of two */
	__u32 row = half * words + (hash / 64 & (words - 1));
	return bpf_map_lookup_elem(&known_flows, &row);
}

/* The number of the half that counts, and perhaps FILTER_RENEWING. */
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

/* A look at the word that mark_known() will need: the processor waits for that memory while it waits for other. */
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

/* A segment of no connection that is known. */
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
	/* All processors read that word for each segment: it is written seldom. */
	if (flood && *(volatile __u64 *)first < now_ns + FILTER_FIRST_NS / 2)
		*(volatile __u64 *)first = now_ns + FILTER_FIRST_NS;
}

/* Zero but in a flood: so nearly every packet asks for no time. The first one after it makes it zero again. */
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
 * The flow's connection, where it has proved itself; or NULL. Each table has a call of its own: one for both would not know its
 * table, and the kernel's verifier could not put the look-up in its place.
 */
static __always_inline struct connection *find_proven(const struct packet *p)
{
	if (unlikely(!is_tcp(p)))
		return bpf_map_lookup_elem(&udp_flows, p->flow);
	struct connection *known = bpf_map_lookup_elem(&connections, p->flow);
	barrier_var(known); /* or the compiler would make one call of the two */
	return known;
}

/* The same for what does not begin a connection. */
static __always_inline struct connection *find_continuing(const struct packet *p)
{
	bool missing = unlikely(asks_filter_first()) && is_tcp(p) && !may_be_known(p);
	struct connection *known = missing ? NULL : find_proven(p);
	if (unlikely(!known && is_tcp(p)))
		note_miss();
	return known;
}

/*
 * After it has been entered: a filter that is made meanwhile has it from the table, or from here. User space says that it
 * begins before it walks the table, and the lock of the flow's bucket orders the two: either the walk finds the flow, or it
 * has been there before the flow was entered, and then its beginning is seen here.
 */
static __always_inline void mark_known(const struct packet *p)
{
	__u32 state = filter_state(p), hash = hash_of(p->flow);
	mark_in(p, state & 1, hash);
	if (unlikely(state & FILTER_RENEWING))
		mark_in(p, !(state & 1), hash);
}
