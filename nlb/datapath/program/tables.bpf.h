/* SPDX-License-Identifier: GPL-2.0 */
/* The tables. Those of the control plane are written by user space alone, those of flows by the data path alone. */
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

/* TCP connections that have proved themselves by a second packet: nothing else pushes one out. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1000000); /* set at load */
	__type(key, struct flow);
	__type(value, struct connection);
} connections SEC(".maps");

/* UDP flows of which a second datagram has been seen. Anybody can send two: these push out no connection of TCP's. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 262144); /* set at load */
	__type(key, struct flow);
	__type(value, struct connection);
} udp_flows SEC(".maps");

/* How far the limits on entering those two tables are used up. See entering.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct entering);
} entering SEC(".maps");

/* Which flows may be in the table of TCP connections: two halves, and behind them the number of the one that counts. See known.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3); /* set at load */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} known_flows SEC(".maps");

/*
 * Connections of which one packet has been seen, by the flow's hash. A flood of first packets churns this table alone; what it
 * pushes out is placed by the same hash again, mostly on the same server. See half-open.bpf.h.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 262144); /* set at load: a power of two */
	__type(key, __u32);
	__type(value, struct half_open);
} half_open SEC(".maps");

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

/* Datagrams of flows that have proved themselves; and others, also those of which nothing but a middle has come. */
struct fragment_table fragments SEC(".maps");
struct fragment_table unproven_fragments SEC(".maps");

/* Until when the filter is asked first, in a flood of segments of no connection; zero otherwise. See known.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} filter_first SEC(".maps");

/* How many such segments each processor has seen of late, as the instant until which they would be expected. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} misses SEC(".maps");

/*
 * What is counted lies in memory that user space maps. Each processor has rows of its own, so nothing is counted twice or
 * contended for: row `processor × rows of one + index`.
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
