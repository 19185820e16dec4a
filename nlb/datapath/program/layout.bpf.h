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
	LAYOUT_VERSION = 12,
	/* A prime number (see maglev.ts). */
	SELECTION_SLOTS = 65537,
	/* Ids take 15 bits of a slot; this one stands for none. */
	NO_SERVER = 0x7fff,
	/* The other bit of a slot: first packets of its flows are held. */
	SLOT_HELD = 0x8000,
	/* Octets of a record of the ring of held frames, with the 8 that the kernel puts before each. */
	HELD_RECORD_BYTES = 2048,
	/* Bits of the filter of exceptions, a power of two. */
	EXCEPTION_BITS = 1048576,
	MAX_INTERFACES = 16,
	/* Rows of one CPU in `counters`: the outcomes, rounded up to a power of two. */
	COUNTERS_PER_CPU = 32,
	NO_SERVICE = 0xffff,
	/* Rows of a group of flows, and of a cache line. */
	GROUP_ROWS = 8,
	LINE_ROWS = 2,
	/* Of TCP, and of UDP. */
	REGIONS = 2,
	/* Indices into timeouts_ns: one for each state of a connection, and then the one for fragments. */
	FRAGMENT_TIMEOUT = 5,
	TIMEOUTS = 6,
	/* Burst of the limit on entering: unused admissions of one second at most. */
	ENTERING_BURST_NS = 1000000000,
	/* Rows of one CPU in `table_counts`, rounded up to a power of two. */
	TABLES_PER_CPU = 8,
	/*
	 * While more than this remains of the lease, forwarding is decided by the clock of the last tick, which costs next to
	 * nothing. On a running machine that clock is late by one tick, 10 ms at most; or by about six, where the CPU that keeps
	 * it has stopped and another one has to notice (the kernel's MAX_STALLED_JIFFIES).
	 */
	LEASE_MARGIN_NS = 100000000,
	/* Octets of a heartbeat: at least, with a node name of one octet; and at most, what its receiver accepts. */
	BEAT_LEAST_BYTES = 105,
	BEAT_MOST_BYTES = 512,
	/*
	 * How many heartbeats each path lets through in one window: some hundred times what a peer sends, and no more than the
	 * daemon can verify. From an unverified boot, only a few.
	 */
	BEAT_WINDOW_NS = 10000000,
	BEATS_ALLOWED = 64,
	UNVERIFIED_BEATS_ALLOWED = 16,
};

/*
 * Every way out has a name, and so a counter. The verdict is the first word of the name: keep each verdict's together. New ones come
 * last: then a program adopts the counters of one that has fewer.
 */
enum outcome {
	PASSED_NOT_OURS, /* not to a cluster address, or not IPv4 */
	PASSED_TAGGED, /* of a VLAN whose interface is one of ours: decided there, without the tag */
	PASSED_ARP, /* not for an address of ours, or a reply */
	PASSED_ARP_NLBS, /* the kernel, which holds the alias, answers */
	PASSED_BEAT, /* a heartbeat of the peer, by its form; the daemon verifies it */
	FORWARDED_ESTABLISHED, /* of a connection that is proven by a second packet, which may be this one */
	FORWARDED_NEW, /* the first packet seen of a connection */
	FORWARDED_REPEATED, /* a first packet again: it proves nothing */
	FORWARDED_MOVED, /* its server is gone: another one was selected */
	FORWARDED_NOT_ENTERED, /* it proves its connection, which does not enter the table with this packet: see table_count */
	FORWARDED_FRAGMENT, /* to the server of the datagram's other fragments, or as the first one to arrive */
	FORWARDED_ICMP, /* an ICMP error, to the server of the flow that it quotes */
	DROPPED_ARP_NO_LEASE, /* for the NLBS address, while another node may hold it */
	DROPPED_ARP_CLUSTER,
	DROPPED_ARP_SERVER_SIDE,
	DROPPED_SERVER_SIDE, /* from the server subnet to a cluster address */
	DROPPED_NO_BEAT, /* to the heartbeat's port, but not from the peer's address and port, or malformed */
	DROPPED_BEAT_FLOOD, /* more heartbeats than the window allows */
	DROPPED_FLOODED, /* not to our hardware address: a switch has flooded it */
	DROPPED_MALFORMED,
	DROPPED_FRAGMENT, /* it has no ports, and the address has no service of its protocol */
	DROPPED_TAGGED, /* in any other VLAN, or under more tags than are parsed */
	DROPPED_NOT_SERVED, /* port or protocol without a service */
	DROPPED_NO_LEASE,
	DROPPED_NO_SERVER,
	DROPPED_TOO_LONG, /* longer than the MTU of the interface to its server */
	DROPPED_NOT_SENT, /* the kernel refused it: the interface is down, or its queue is full. In user space only */
	DROPPED_SHED, /* it was to be held, and the ring of held frames is full */
	DROPPED_TOO_LONG_TO_HOLD, /* longer than a record of that ring, or of several segments */
	HELD, /* handed to user space, which sends it back through the program later */
	RELEASED, /* counted by user space alone: a held frame has been sent on. The program has counted it once more */
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
	/* Of a VLAN's interface: the interface that its tagged frames arrive on, and the VLAN id. Otherwise both are zero. */
	__u32 parent;
	__u16 vlan;
	__u16 zero2;
};
_Static_assert(sizeof(struct datapath_interface) == 20, "shared with user space");

/* State of a connection, as far as the client's packets show it. */
enum connection_state {
	STATE_UNPROVEN, /* only its first packet has come, or one that begins it again */
	STATE_RESET, /* TCP: an RST has come, from the client or forged */
	/* In these states a plain packet changes nothing. */
	STATE_ESTABLISHED, /* TCP: a segment that acknowledges, after the first */
	STATE_FINISHED, /* TCP: the client has sent FIN */
	STATE_DATAGRAMS, /* UDP: a second datagram */
	STATES,
} __attribute__((packed));

_Static_assert(FRAGMENT_TIMEOUT == STATES && TIMEOUTS == STATES + 1, "the states come first");

/* One path of heartbeats, on the access or on the server subnet: this node's address and its peer's. */
struct beat_path {
	__be32 own;
	__be32 peer;
};

enum beat_paths {
	ACCESS_PATH,
	SERVER_PATH,
	BEAT_PATHS,
};

/* A part of the array of flows. */
struct flow_region {
	__u32 first; /* entry of the array */
	__u32 groups; /* of a whole entry each, or, for half-open connections, of one cache line */
};

struct settings {
	enum layout layout_version;
	/* How many outcomes the program counts that made these tables. */
	enum outcome outcomes;
	__be32 nlbs;
	__be16 beat_port;
	__u16 zero;
	__u32 interface_count;
	/* Rows of one CPU in the tallies. */
	__u32 max_servers;
	__u32 max_services;
	__u32 zero2;
	struct flow_region proven[REGIONS];
	__u64 hash_seed; /* of the tables of flows: random, and as old as they are */
	struct beat_path beat_paths[BEAT_PATHS];
	/* How many connections a second may enter the tables of proven ones, as configured, */
	__u32 tcp_per_second;
	__u32 udp_per_second;
	/* and each one's share of the time. */
	__u64 tcp_gap_ns;
	__u64 udp_gap_ns;
	/* How long after its last packet a connection expires, by state; and a datagram, after its first fragment to arrive. */
	__u64 timeouts_ns[TIMEOUTS];
	struct flow_region half_open[REGIONS];
	struct datapath_interface interfaces[MAX_INTERFACES];
};
_Static_assert(sizeof(struct settings) == 112 + 8 * TIMEOUTS + 20 * MAX_INTERFACES, "shared with user space");

/* Heartbeats let through since `from_ns`. */
struct allowance {
	__u64 from_ns;
	__u64 passed;
};

/* User space maps this page: it renews the first two instants and writes who the peer is. */
struct lease {
	__u64 answer_until_ns; /* CLOCK_BOOTTIME */
	__u64 forward_until_ns; /* CLOCK_MONOTONIC; the program sets it to zero when another node is about to lead */
	/* Written by the program, CLOCK_BOOTTIME: the peer's last broadcast request for the NLBS address. It is about to lead. */
	__u64 peer_asked_ns;
	/* Its hardware address on the access subnet, as in a frame; zeros while it is not known. */
	__u8 peer_mac[ETH_ALEN];
	__u16 zero;
	/* First eight octets of the peer's boot, as in a datagram; zero while no boot is verified. */
	__u64 peer_boot;
	/* The daemon's thread that beats, as the kernel leaves it: its number while it lives (nlb/kernel/thread-life.ts). */
	__u32 daemon_thread;
	__u32 zero2;
	/* Written by the program. For each path: that of unverified boots, and that of the verified one. */
	struct allowance allowances[2 * BEAT_PATHS];
};
_Static_assert(sizeof(struct lease) == 112, "shared with user space");

enum server_flags {
	SERVER_KNOWN = 1,
	SERVER_KEPT = 2, /* it keeps its connections. Without this flag the server is gone: nothing is sent there */
	SERVER_HAS_MAC = 4,
} __attribute__((packed));

/*
 * Whether a server gets new connections is decided by the slots of each selection alone.
 * Three words of eight bytes, each written at once, so that no packet sees half of a hardware address. While the flags are
 * zero, the other words mean nothing.
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

/* For fragments without ports to a cluster address: ids of the services that they are taken for, or NO_SERVICE. */
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

/* By id. It repeats what it serves, because an id may be given to another service later. */
struct service {
	/* Affinity: how long a client stays on its server after its last proven connection; zero for none. */
	__u64 persistence_ns;
	__be32 persistence_mask; /* of the client's address: clients that are equal under it count as one */
	__be32 address;
	__be16 port; /* zero: any port that no other service has */
	__u8 protocol;
	enum service_flags flags;
	__u32 id; /* its own, also in the tallies */
	__u32 pool; /* row of its pool's selection */
	__u32 zero;
};
_Static_assert(sizeof(struct service) == 32, "shared with user space");

#define ELIGIBLE_WORDS ((NO_SERVER + 1) / 32)

/*
 * The lookup table of one pool, by which new flows of its services get their server. User space writes slots in place, one
 * by one, in memory that it maps: each slot is written at once, and no packet reads two.
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

/* Where a flow goes: no server has the address zero. */
struct binding {
	__u16 server;
	__u16 service;
	__be32 server_address; /* because an id may be given to another server later */
};
_Static_assert(sizeof(struct binding) == 8, "one word");

/* The rest of a flow, and the state of its connection. A free row has zeros here. */
struct flow_identity {
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	enum connection_state state;
	__u8 line; /* where the search for a proven connection begins (line_of) */
	__u8 zero;
};
_Static_assert(sizeof(struct flow_identity) == 8, "one word");

/* A connection. See flow-table.bpf.h. */
struct flow_row {
	__u64 seen_ns;
	struct binding binding;
	__u64 addresses;
	struct flow_identity identity;
};
_Static_assert(sizeof(struct flow_row) == 32, "two rows in a line of memory");

struct flow_group {
	struct flow_row rows[GROUP_ROWS];
};
_Static_assert(sizeof(struct flow_group) == 256, "shared with user space");

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

/* The server of a datagram's fragments. */
struct fragment {
	__u64 seen_ns; /* when the first one arrived */
	__u32 server;
	__be32 server_address;
	__u16 service;
	__u8 awaits_first; /* the fragment with the ports has yet to arrive */
	__u8 zero[5];
};
_Static_assert(sizeof(struct fragment) == 24, "shared with user space");

struct counter {
	__u64 packets;
	__u64 bytes;
};
_Static_assert(sizeof(struct counter) == 16, "shared with user space");

/* Of one server or one service, on one CPU: only the sum over all CPUs means something. */
struct tally {
	__u64 packets;
	__u64 bytes;
	__u64 opened; /* connections whose first packet was sent there */
	/* Connections that became active (established, or exchanging datagrams), and active ones that ended. */
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

/* Of one table, on one CPU. `entered`, `limited` and `removed` are counted for the tables of proven connections only. */
struct table_count {
	__u64 entered;
	__u64 limited; /* not entered: over the limit */
	__u64 refused; /* not written: the kernel had no room, or would have had to wait */
	__u64 removed;
	__u64 evicted; /* pushed out by other entries: counted by user space */
};
_Static_assert(sizeof(struct table_count) == 40, "shared with user space");

/*
 * The instant up to which the connections that have entered use up the limit. The next one may enter once that instant plus
 * its own share of the time has passed (the generic cell rate algorithm of ITU-T I.371, as virtual scheduling).
 */
struct entering {
	__u64 tcp_until_ns;
	__u64 udp_until_ns;
};
_Static_assert(sizeof(struct entering) == 16, "shared with user space");

/* By flow: the server that it goes to, whatever its slot says. */
struct exception {
	__u16 server;
	__u16 settled; /* zero: the flow is held */
	__be32 server_address; /* because an id may be given to another server later */
};
_Static_assert(sizeof(struct exception) == 8, "shared with user space");

/* Which flows may have an exception: the bit of the flow's hash is set. User space writes it. */
struct exception_filter {
	__u64 exceptions; /* how many there are. With none no bit is read */
	__u64 bits[EXCEPTION_BITS / 64];
};
_Static_assert(sizeof(struct exception_filter) == 8 + EXCEPTION_BITS / 8, "shared with user space");

enum held_by {
	HELD_BY_SLOT = 1,
	HELD_BY_EXCEPTION = 2, /* it is not settled, or its server is gone */
} __attribute__((packed));

/* A frame in the ring of held frames, as it came in. */
struct held_frame {
	__u64 arrived_ns; /* CLOCK_MONOTONIC, exact */
	__u32 length;
	__u32 ifindex;
	__u32 slot;
	__u16 service;
	enum held_by by;
	__u8 tcp_flags;
	struct flow flow;
	__u8 frame[HELD_RECORD_BYTES - 8 - 40];
};
_Static_assert(sizeof(struct held_frame) == HELD_RECORD_BYTES - 8, "shared with user space");
