/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Bloom filter of one hash over the table of connections: a flow whose bit is not set has none. It is so small that the
 * processor's cache holds it, while a look into the table itself waits for memory, which a first packet does for nothing.
 *
 * Bits are only set here. User space makes the filter anew in the other half, from what the table then holds, and says
 * which half counts (known-flows.ts). Both get every bit, so it does not matter when it says so.
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

static __always_inline bool may_be_known(const struct packet *p)
{
	__u32 behind = 2 * p->settings->filter_words;
	__u64 *half = bpf_map_lookup_elem(&known_flows, &behind);
	__u32 hash = hash_of(p->flow);
	__u64 *word = half ? word_of(p, *(volatile __u64 *)half, hash) : NULL;
	return !word || *(volatile __u64 *)word & bit_of(hash);
}

/* After it has been entered: a filter that is made meanwhile has it from the table, or from here. */
static __always_inline void mark_known(const struct packet *p)
{
	__u32 hash = hash_of(p->flow);
	for (__u32 half = 0; half < 2; half++) {
		__u64 *word = word_of(p, half, hash);
		if (word)
			__sync_fetch_and_or(word, bit_of(hash));
	}
}
