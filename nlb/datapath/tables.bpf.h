/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the data path and user space share. layout.ts is generated from the BTF of these declarations: an enum or a struct
 * that user space needs must be reachable from a map's key or value.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

enum layout {
	/* A pinned table of another version is not adopted. Raise it with every change to a key or a value. */
	LAYOUT_VERSION = 2,
	/* A prime number (see maglev.ts). */
	SELECTION_SLOTS = 65537,
	NO_SERVER = 0xffff,
	MAX_PORTS = 16,
};

/* Every way out has a name, and so a counter. The verdict follows from the name's first word: keep them together. */
enum outcome {
	PASSED_NOT_OURS, /* to no cluster address, or no IPv4 */
	PASSED_ARP, /* about no address of ours, or an answer */
	PASSED_ARP_NLBS, /* the kernel, which holds the alias, answers */
	FORWARDED_ESTABLISHED,
	FORWARDED_NEW,
	FORWARDED_MOVED, /* its server is no longer usable: chosen again */
	DROPPED_ARP_NO_LEASE, /* about the NLBS address, while another may hold it */
	DROPPED_ARP_CLUSTER,
	DROPPED_ARP_SERVER_SIDE,
	DROPPED_SERVER_SIDE, /* from the server subnet to a cluster address */
	DROPPED_FLOODED, /* not to our hardware address */
	DROPPED_MALFORMED,
	DROPPED_FRAGMENT,
	DROPPED_TAGGED, /* in a VLAN */
	DROPPED_NOT_SERVED, /* port or protocol without a service */
	DROPPED_NO_LEASE,
	DROPPED_NO_SERVER,
	OUTCOMES,
};

enum port_roles {
	ROLE_ACCESS = 1,
	ROLE_SERVER = 2,
	ROLE_BOTH = 3, /* one-armed: everything arrives and leaves here */
} __attribute__((packed));

/* One of this node's network interfaces. */
struct port {
	__u32 ifindex;
	__u8 mac[ETH_ALEN];
	enum port_roles roles;
	__u8 zero;
};
_Static_assert(sizeof(struct port) == 12, "shared with user space");

struct settings {
	enum layout layout_version;
	/* The number of outcomes of the program that the tables were made for. */
	enum outcome outcomes;
	__be32 nlbs;
	__be32 peer; /* the other node, on the access subnet */
	__u32 port_count;
	struct port ports[MAX_PORTS];
};
_Static_assert(sizeof(struct settings) == 20 + 12 * MAX_PORTS, "shared with user space");

/* Instants of CLOCK_MONOTONIC. User space maps the page and renews the first two by plain stores. */
struct lease {
	__u64 answer_until_ns;
	__u64 forward_until_ns;
	/* Written here: when the peer last asked for the NLBS address, as a node does that is about to lead. */
	__u64 peer_asked_ns;
};
_Static_assert(sizeof(struct lease) == 24, "shared with user space");

enum server_flags {
	SERVER_KNOWN = 1,
	SERVER_USABLE = 2,
	SERVER_HAS_MAC = 4,
	SERVER_READY = 7,
} __attribute__((packed));

/*
 * Three words of eight bytes, each written at once, so that no packet sees half of a hardware address. Cleared flags mean
 * that the other words count for nothing.
 */
struct server {
	__u8 mac[ETH_ALEN];
	enum server_flags flags;
	__u8 zero;
	__u8 own_mac[ETH_ALEN]; /* of the interface that leads to the server */
	__u16 zero2;
	__be32 address;
	__u32 ifindex;
};
_Static_assert(sizeof(struct server) == 24, "shared with user space");

struct service_key {
	__be32 address;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct service_key) == 8, "shared with user space");

/* The service's index in the selection tables. */
struct service {
	__u32 id;
};
_Static_assert(sizeof(struct service) == 4, "shared with user space");

/* Server ids by slot, NO_SERVER for none. Replaced whole, never written while in use. */
struct selection {
	__u16 servers[SELECTION_SLOTS];
};
_Static_assert(sizeof(struct selection) == 2 * SELECTION_SLOTS, "shared with user space");

struct flow {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 zero[3];
};
_Static_assert(sizeof(struct flow) == 16, "shared with user space");

/* The server by id and by address, because an id may be given to another server later. */
struct connection {
	__u64 seen_ns;
	__u32 server;
	__be32 server_address;
};
_Static_assert(sizeof(struct connection) == 16, "shared with user space");

struct counter {
	__u64 packets;
	__u64 bytes;
};
_Static_assert(sizeof(struct counter) == 16, "shared with user space");

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
	__type(value, __u8);
} clusters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* set at load */
	__type(key, struct service_key);
	__type(value, struct service);
} services SEC(".maps");

struct selection_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct selection));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 512); /* set at load */
	__type(key, __u32);
	__array(values, struct selection_table);
} selections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1000000); /* set at load */
	__type(key, struct flow);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");
