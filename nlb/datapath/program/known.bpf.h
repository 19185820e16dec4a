/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Bloom filter of one hash over the table of connections: a flow whose bit is not set has none. It is so small that the
 * processor's cache holds it, while a look into the table itself waits for memory, which a first packet does for nothing.
 *
 * Bits are only set here. User space makes the filter anew in the other half, from what the table then holds, and says
 * which half counts (known-flows.ts). While it does so, both get every bit, so it does not matter when it says so.
 */
#pragma once

#include "packet.bpf.h"
#include "placement.bpf.h"

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
static __always_inline void expect_known(const struct packet *p)
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
