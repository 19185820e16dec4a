/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections: one packet has been seen. Each is in the row of its flow's hash or in the neighbouring row; if both
 * are taken, it replaces the older one. There is no list and no eviction, and one or two cache lines are touched.
 *
 * Two CPUs may write one row at the same time, and leave words of both. So each word of the flow is XORed with the words that
 * follow: words that were not written together match no flow (as in Hyatt and Mann's lockless transposition table).
 */
#pragma once

#include "connection.bpf.h"
#include "placement.bpf.h"

/* The row of the flow's hash (`beside` 0), or its neighbour (1): an even row and the next one are a pair. */
static __always_inline struct half_open *row_of(const struct packet *p, __u32 beside)
{
	__u32 row = (hash_of(p->flow) & (p->settings->half_open_rows - 1)) ^ beside; /* a power of two */
	return bpf_map_lookup_elem(&half_open, &row);
}

/* By halves: to load a word whose halves have just been stored makes the CPU wait. */
static __always_inline __u64 addresses_of(const struct flow *flow)
{
	return (__u64)flow->destination << 32 | flow->source;
}

static __always_inline __u64 ports_of(const struct flow *flow)
{
	return (__u64)flow->protocol << 32 | (__u32)flow->destination_port << 16 | flow->source_port;
}

/* Whether the row holds this flow. */
static __always_inline bool is_row_of(const struct half_open *row, const struct flow *flow)
{
	__u64 mix = *(volatile __u64 *)&row->binding ^ *(volatile __u64 *)&row->seen_ns;
	return (row->addresses ^ mix) == addresses_of(flow) && (row->ports ^ mix) == ports_of(flow);
}

/* Which of its two rows holds the flow; or NULL. */
static __always_inline struct half_open *find_row(const struct packet *p)
{
	struct half_open *row = row_of(p, 0);
	if (row && likely(is_row_of(row, p->flow)))
		return row;
	row = row_of(p, 1);
	return row && is_row_of(row, p->flow) ? row : NULL;
}

/* The row for a new flow: of its two rows the older one. */
static __always_inline struct half_open *take_row(const struct packet *p)
{
	struct half_open *own = row_of(p, 0), *beside = row_of(p, 1);
	return own && beside && beside->seen_ns < own->seen_ns ? beside : own;
}

/* Whether the flow has a half-open connection, which is then in `pending`. */
static __always_inline bool read_half_open(const struct packet *p, struct connection *pending)
{
	struct half_open *row = find_row(p);
	if (!row)
		return false;
	__u64 binding = *(volatile __u64 *)&row->binding;
	*pending = (struct connection){
		.seen_ns = *(volatile __u64 *)&row->seen_ns,
		.server = binding & 0xffff,
		.service = binding >> 16 & 0xffff,
		.server_address = binding >> 32,
	};
	return true;
}

static __always_inline void write_half_open(const struct packet *p, const struct connection *pending)
{
	struct half_open *row = find_row(p);
	if (!row)
		row = take_row(p);
	if (!row)
		return;
	__u64 binding = (__u64)pending->server_address << 32 | (__u32)pending->service << 16 | (pending->server & 0xffff);
	__u64 mix = binding ^ pending->seen_ns;
	row->addresses = addresses_of(p->flow) ^ mix;
	row->ports = ports_of(p->flow) ^ mix;
	row->binding = binding;
	row->seen_ns = pending->seen_ns;
}

static __always_inline void forget_half_open(const struct packet *p)
{
	struct half_open *row = find_row(p);
	if (row)
		*row = (struct half_open){};
}
