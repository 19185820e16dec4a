/* SPDX-License-Identifier: GPL-2.0 */
/* The tables (BPF maps). User space alone writes those of the control plane; the data path alone writes those of flows. */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "layout.bpf.h"

/* Sizes marked "set at load" are replaced by the configured ones. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct lease);
} lease SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct server);
} servers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* set at load */
	__type(key, __be32);
	__type(value, struct cluster_address);
} cluster_addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* set at load */
	__type(key, struct service_key);
	__type(value, __u32);
} service_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512); /* set at load */
	__type(key, __u32);
	__type(value, struct service);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct selection);
} selections SEC(".maps");

/* Written by user space alone, and never evicted. See placement.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set at load */
	__type(key, struct flow);
	__type(value, struct exception);
} exceptions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct exception_filter);
} exception_filter SEC(".maps");

/* Records of `struct held_frame`, which user space reads. See held.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536); /* octets; set at load */
} held_frames SEC(".maps");

/*
 * Flows, by their hash (see flow-table.bpf.h): of TCP and of UDP, apart because anybody can send the two datagrams that prove a flow;
 * and behind them the half-open ones of both.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_group);
} flows SEC(".maps");

/* Up to when the limits on entering those two tables are used up. See entering.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct entering);
} entering SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* set at load */
	__type(key, struct affinity_key);
	__type(value, struct affinity);
} affinities SEC(".maps");

struct fragment_table {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384); /* set at load */
	__type(key, struct fragment_key);
	__type(value, struct fragment);
};

/* Fragmented datagrams of proven flows; and of all others, also those of which only later fragments have arrived. */
struct fragment_table fragments SEC(".maps");
struct fragment_table unproven_fragments SEC(".maps");

/*
 * Counters are in memory that user space maps. Each CPU has rows of its own, so that counting needs no atomic: row
 * `cpu × rows of one + index`.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNTERS_PER_CPU); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TABLES_PER_CPU); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct table_count);
} table_counts SEC(".maps");

struct tally_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tally);
};

struct tally_table server_tallies SEC(".maps");
struct tally_table service_tallies SEC(".maps");
