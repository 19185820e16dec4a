/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the data path and user space share. layout.ts is generated from the BTF of these declarations: an enum or a struct
 * that user space needs must be reachable from a map's key or value.
 */
#pragma once

#include <linux/types.h>
#include <linux/if_ether.h>

enum layout {
	/* A pinned table of another version is not adopted. Raise it with every change to a key or a value. */
	LAYOUT_VERSION = 9,
	/* A prime number (see maglev.ts). */
	SELECTION_SLOTS = 65537,
	/* Ids take 15 bits of a slot; this one stands for none. */
	NO_SERVER = 0x7fff,
	MAX_INTERFACES = 16,
	/* Counters of one processor: the outcomes, and room up to a power of two. */
	COUNTERS_PER_CPU = 32,
	NO_SERVICE = 0xffff,
	/* Of the number behind the filter of known flows: the half that does not count is being made anew. */
	FILTER_RENEWING = 2,
	/* Timeouts: of each state of a connection, and then of fragments. */
	FRAGMENT_TIMEOUT = 5,
	TIMEOUTS = 6,
	/* What was not used of a second's limit may be used at once, and no more. */
	ENTERING_BURST_NS = 1000000000,
	/* Counters of one processor for the tables of flows, and room up to a power of two. */
	TABLES_PER_CPU = 8,
	/*
	 * Who has the lease for longer than this may forward by the clock of the last tick. On a machine that runs, that clock
	 * is late by a tick, 10 ms at most; or by about six, where the processor that keeps it has stopped and another one has
	 * to find out (the kernel's MAX_STALLED_JIFFIES).
	 */
	LEASE_MARGIN_NS = 100000000,
	/* What a heartbeat has at least, with a name of one octet, and what its receiver takes at most. */
	BEAT_LEAST_BYTES = 105,
	BEAT_MOST_BYTES = 512,
	/*
	 * By each path so many may come in this time: some hundred times what a peer sends, and no more than its receiver can
	 * look at. Of a start of the peer that has not proved itself, a few.
	 */
	BEAT_WINDOW_NS = 10000000,
	BEATS_ALLOWED = 64,
	UNVERIFIED_BEATS_ALLOWED = 16,
};

/* Every way out has a name, and so a counter. The verdict follows from the name's first word: keep them together. */
enum outcome {
	PASSED_NOT_OURS, /* to no cluster address, or no IPv4 */
	PASSED_TAGGED, /* for a VLAN whose own interface is one of ours: decided there */
	PASSED_ARP, /* about no address of ours, or an answer */
	PASSED_ARP_NLBS, /* the kernel, which holds the alias, answers */
	PASSED_BEAT, /* to the heartbeat's port, as the peer sends them: its proof is for the daemon */
	FORWARDED_ESTABLISHED, /* of a connection that has proved itself by a second packet, this one included */
	FORWARDED_NEW, /* the first packet of a connection that is seen */
	FORWARDED_REPEATED, /* a first packet again: it proves nothing */
	FORWARDED_MOVED, /* its server is gone: chosen again */
	FORWARDED_NOT_ENTERED, /* it proves its connection, which the table does not take now: see table_count */
	FORWARDED_FRAGMENT, /* to where another fragment of its datagram has gone, or as the first to come */
	FORWARDED_ICMP, /* an error, to the server of the flow that it quotes */
	DROPPED_ARP_NO_LEASE, /* about the NLBS address, while another may hold it */
	DROPPED_ARP_CLUSTER,
	DROPPED_ARP_SERVER_SIDE,
	DROPPED_SERVER_SIDE, /* from the server subnet to a cluster address */
	DROPPED_NO_BEAT, /* to the heartbeat's port, but not from the peer's, or in no beat's form */
	DROPPED_BEAT_FLOOD, /* more of them than anybody needs */
	DROPPED_FLOODED, /* not to our hardware address */
	DROPPED_MALFORMED,
	DROPPED_FRAGMENT, /* it has no ports, and nothing says which service it is for */
	DROPPED_TAGGED, /* in any other VLAN, or under more tags than are looked under */
	DROPPED_NOT_SERVED, /* port or protocol without a service */
	DROPPED_NO_LEASE,
	DROPPED_NO_SERVER,
	DROPPED_TOO_LONG, /* for the interface to its server: longer than that one's MTU */
	DROPPED_NOT_SENT, /* the kernel did not take it: the interface is down, or its queue is full. In user space alone */
	OUTCOMES,
};
_Static_assert(OUTCOMES <= COUNTERS_PER_CPU, "every outcome is counted");

enum interface_roles {
	ROLE_ACCESS = 1,
	ROLE_SERVER = 2,
	ROLE_BOTH = 3, /* one-armed: everything arrives and leaves here */
} __attribute__((packed));

/* One of this node's network interfaces. */
struct datapath_interface {
	__u32 ifindex;
	__u8 mac[ETH_ALEN];
	enum interface_roles roles;
	__u8 zero;
	/* Of a VLAN's interface: the one that its tagged frames come in on, and its id there. Else both are zero. */
	__u32 parent;
	__u16 vlan;
	__u16 zero2;
};
_Static_assert(sizeof(struct datapath_interface) == 20, "shared with user space");

/* What one direction of traffic tells of a connection. */
enum connection_state {
	STATE_UNPROVEN, /* nothing yet has come but its first packet, or one that begins it again */
	STATE_RESET, /* TCP: the client, or somebody in its name, has sent RST */
	/* In these a plain packet changes nothing. */
	STATE_ESTABLISHED, /* TCP: a segment that acknowledges, after the first */
	STATE_FINISHED, /* TCP: the client has sent FIN */
	STATE_DATAGRAMS, /* UDP: a second datagram */
	STATES,
} __attribute__((packed));

_Static_assert(FRAGMENT_TIMEOUT == STATES && TIMEOUTS == STATES + 1, "the states come first");

/* The two ends of a path of heartbeats: this node's address and its peer's, on the access subnet, and on the server subnet. */
struct beat_path {
	__be32 own;
	__be32 peer;
};

enum beat_paths {
	ACCESS_PATH,
	SERVER_PATH,
	BEAT_PATHS,
};

struct settings {
	enum layout layout_version;
	/* The number of outcomes of the program that the tables were made for. */
	enum outcome outcomes;
	__be32 nlbs;
	__be16 beat_port;
	__u16 zero;
	__u32 interface_count;
	/* Rows of one processor in the tallies. */
	__u32 max_servers;
	__u32 max_services;
	__u32 filter_words; /* of one half of the filter of known flows: a power of two */
	__u32 half_open_rows; /* a power of two */
	__u32 zero2;
	struct beat_path beat_paths[BEAT_PATHS];
	/* So many connections may enter the tables of proven ones in a second, as configured; */
	__u32 tcp_per_second;
	__u32 udp_per_second;
	/* and the time that each of them has. */
	__u64 tcp_gap_ns;
	__u64 udp_gap_ns;
	/* How long after its last packet a connection counts as absent, and after the first one to come, a fragment. */
	__u64 timeouts_ns[TIMEOUTS];
	struct datapath_interface interfaces[MAX_INTERFACES];
};
_Static_assert(sizeof(struct settings) == 80 + 8 * TIMEOUTS + 20 * MAX_INTERFACES, "shared with user space");

/* How many heartbeats of a kind have been let through since then. */
struct allowance {
	__u64 from_ns;
	__u64 passed;
};

/* User space maps the page, renews the first two, and says who the peer is. */
struct lease {
	__u64 answer_until_ns; /* CLOCK_BOOTTIME */
	__u64 forward_until_ns; /* CLOCK_MONOTONIC; set to zero here when another node is about to lead */
	/* Written here, CLOCK_BOOTTIME: when the peer last asked everybody for the address, as a node does that is about to lead. */
	__u64 peer_asked_ns;
	/* Its hardware address on the access subnet, as in a frame; zeros while it is not known. */
	__u8 peer_mac[ETH_ALEN];
	__u16 zero;
	/* The beginning of what names its start in each of its beats, as in a datagram; zero while none has proved itself. */
	__u64 peer_boot;
	/* Written here: of each path, that of strangers, and that of the start that has proved itself. */
	struct allowance allowances[2 * BEAT_PATHS];
};
_Static_assert(sizeof(struct lease) == 104, "shared with user space");

enum server_flags {
	SERVER_KNOWN = 1,
	SERVER_KEPT = 2, /* may be sent to: what it has, it keeps. Without, the server is gone */
	SERVER_HAS_MAC = 4,
} __attribute__((packed));

/*
 * Whether a server gets anything new is not said here: that is what the slots of each selection say.
 * Three words of eight bytes, each written at once, so that no packet sees half of a hardware address. Cleared flags mean
 * that the other words count for nothing.
 */
struct server {
	__u8 mac[ETH_ALEN];
	enum server_flags flags;
	__u8 zero;
	__u8 own_mac[ETH_ALEN]; /* of the interface that leads to the server */
	__u16 mtu; /* of that interface, of 65,535 at most */
	__be32 address;
	__u32 ifindex;
};
_Static_assert(sizeof(struct server) == 24, "shared with user space");

/* Of a cluster address: the services that fragments without ports are for, by id, or NO_SERVICE. */
struct cluster_address {
	__u32 tcp_service;
	__u32 udp_service;
};
_Static_assert(sizeof(struct cluster_address) == 8, "shared with user space");

struct service_key {
	__be32 address;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct service_key) == 8, "shared with user space");

enum service_flags {
	SERVICE_KNOWN = 1,
} __attribute__((packed));

/* By id. It says itself what it serves, because an id may be given to another service later. */
struct service {
	/* How long a client stays with its server after a connection's proof; zero where it need not. */
	__u64 persistence_ns;
	__be32 persistence_mask; /* of the client's address: who counts as one client */
	__be32 address;
	__be16 port; /* zero: any port that no other service has */
	__u8 protocol;
	enum service_flags flags;
	__u32 id; /* its own, also in the tallies */
	__u32 pool; /* whose selection it goes by: a row of those */
	__u32 zero;
};
_Static_assert(sizeof(struct service) == 32, "shared with user space");

#define ELIGIBLE_WORDS ((NO_SERVER + 1) / 32)

/*
 * What new flows of a pool's services go by, one row for each pool. User space writes slots in place, one by one, in memory
 * that it maps: a slot is a unit, and no packet needs two of them.
 */
struct selection {
	__u16 servers[SELECTION_SLOTS]; /* ids by slot, NO_SERVER for none */
	__u16 zero;
	__u32 eligible[ELIGIBLE_WORDS]; /* a bit for each id: whether any slot has it */
	__u32 zero2;
};
_Static_assert(sizeof(struct selection) == 2 * SELECTION_SLOTS + 2 + 4 * ELIGIBLE_WORDS + 4, "shared with user space");
_Static_assert(sizeof(struct selection) % 8 == 0, "rows of an array begin at multiples of 8");

struct flow {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u32 protocol;
};
_Static_assert(sizeof(struct flow) == 16, "shared with user space");

/* The server by id and by address, because an id may be given to another server later. */
struct connection {
	__u64 seen_ns;
	__u32 server;
	__be32 server_address;
	__u16 service;
	enum connection_state state;
	__u8 zero[5];
};
_Static_assert(sizeof(struct connection) == 24, "shared with user space");

/*
 * A connection of which one packet has been seen, in the row of its flow's hash. Where there is none, all is zero. The first two words
 * are the flow's, each by exclusive or with the other two.
 */
struct half_open {
	__u64 addresses;
	__u64 ports;
	__u64 binding; /* id of the server, of the service, 16 bits each, and above them the server's address */
	__u64 seen_ns;
};
_Static_assert(sizeof(struct half_open) == 32, "shared with user space");

/* A client, or a whole network of them, of a service that keeps clients on their servers. */
struct affinity_key {
	__be32 client; /* masked */
	__be32 address;
	__be16 port; /* as configured: zero for any */
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct affinity_key) == 12, "shared with user space");

struct affinity {
	__u64 seen_ns;
	__u32 server;
	__be32 server_address;
};
_Static_assert(sizeof(struct affinity) == 16, "shared with user space");

/* What the fragments of one datagram have in common (RFC 791 section 3.2). */
struct fragment_key {
	__be32 source;
	__be32 destination;
	__be16 id;
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct fragment_key) == 12, "shared with user space");

/* Where they go. */
struct fragment {
	__u64 seen_ns; /* the first one to come */
	__u32 server;
	__be32 server_address;
	__u16 service;
	__u8 awaits_first; /* the one that begins the datagram has yet to come */
	__u8 zero[5];
};
_Static_assert(sizeof(struct fragment) == 24, "shared with user space");

struct counter {
	__u64 packets;
	__u64 bytes;
};
_Static_assert(sizeof(struct counter) == 16, "shared with user space");

/* Of one server, or of one service, as one processor has seen it: only the sum over all of them means something. */
struct tally {
	__u64 packets;
	__u64 bytes;
	__u64 opened; /* connections whose first packet was sent there */
	/* Connections that became active (established, or exchanging datagrams), and those that no longer are. */
	__u64 began;
	__u64 ended;
};
_Static_assert(sizeof(struct tally) == 40, "shared with user space");

/* The tables that the data path writes. */
enum flow_table {
	TABLE_CONNECTIONS,
	TABLE_UDP_FLOWS,
	TABLE_HALF_OPEN,
	TABLE_AFFINITIES,
	TABLE_FRAGMENTS,
	TABLE_UNPROVEN_FRAGMENTS,
	FLOW_TABLES,
} __attribute__((packed));
_Static_assert(FLOW_TABLES <= TABLES_PER_CPU, "every table is counted");

/* Of one table, as one processor has seen it. What enters and goes is counted for the proven connections alone. */
struct table_count {
	__u64 entered;
	__u64 limited; /* not entered, because too many had of late */
	__u64 refused; /* not written, because the kernel had no room, or would have had to wait */
	__u64 removed;
	__u64 evicted; /* pushed out by others: user space finds that out */
};
_Static_assert(sizeof(struct table_count) == 40, "shared with user space");

/*
 * Up to which instant the connections that have entered use up the limit. The next one may enter when that instant, and its own
 * share of the time, have passed (the generic cell rate algorithm of ITU-T I.371, as virtual scheduling).
 */
struct entering {
	__u64 tcp_until_ns;
	__u64 udp_until_ns;
};
_Static_assert(sizeof(struct entering) == 16, "shared with user space");
