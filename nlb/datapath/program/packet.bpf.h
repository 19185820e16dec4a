/* SPDX-License-Identifier: GPL-2.0 */
/* A cursor over one frame, for XDP and tc alike. Each step checks the frame's end before it reads. */
#pragma once

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include "hints.bpf.h"
#include "tables.bpf.h"

#define MAX_TAGS 2
#define VLAN_ID 0x0fff
#define GROUP_ADDRESS 0x01 /* in the first octet of a hardware address (IEEE 802): multicast and broadcast */
#define IP_MORE_FRAGMENTS 0x2000
#define IP_OFFSET 0x1fff
#define QUOTED_BYTES 8 /* of what follows the quoted header (RFC 792) */
/* The furthest octet that the cursor reads: Ethernet, tags, IPv4 with all options, ICMP, and what that quotes. */
#define HEADER_BYTES (ETH_HLEN + 4 * MAX_TAGS + 60 + 8 + 60 + QUOTED_BYTES)

/* A flow as rows have it. */
struct flow_key {
	__u64 addresses; /* mixed with the ports */
	__u64 ports; /* and the protocol: of a row's last word those bits that are not its state */
	__u64 hash;
};

struct packet {
	void *context; /* of the hook, for helpers that need it */
	struct ethhdr *eth;
	void *end; /* of the linear part; with tc the rest may be in fragments of the socket buffer */
	void *next; /* the cursor: after the last header that was taken */
	__u32 bytes; /* of the whole frame */
	__u32 segment_bytes; /* octets of data in each segment that receive offload has merged; zero without */
	__u32 ifindex;
	__be16 ethertype; /* behind the tags */
	bool tagged;
	__u16 vlan; /* id of the outermost tag */
	struct flow *flow; /* ports zero until take_ports(); elsewhere, so that the compiler may keep the rest in registers */
	__u8 tcp_flags; /* zero until take_ports() */
	/* From find_group() on: */
	struct flow_key key;
	struct flow_group *group;
	const struct settings *settings;
	const struct server *to; /* NULL unless it is to be forwarded; the next two members mean nothing until then */
	__u32 server;
	__u32 service;
	enum held_by held_by; /* means something only where the outcome is HELD; then `service` does, too */
};

static __always_inline bool is_tcp(const struct packet *p)
{
	return p->flow->protocol == IPPROTO_TCP;
}

struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

struct arp_ipv4 {
	__be16 hardware_type;
	__be16 protocol_type;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__u8 sender_ip[4];
	__u8 target_mac[ETH_ALEN];
	__u8 target_ip[4];
};
_Static_assert(sizeof(struct arp_ipv4) == 28, "RFC 826");

/* Whether the frame has a complete header at the cursor; `header` then points there, and the cursor behind it. */
#define take(p, header)                                              \
	((header) = (p)->next, (void *)((header) + 1) <= (p)->end && \
				       ((p)->next = (header) + 1, true))

/* Four octets and two at a time: the compiler assumes no alignment and would copy them one by one. */
static __always_inline void copy_mac(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(__u32 *)from;
	*(__u16 *)(to + 4) = *(__u16 *)(from + 4);
}

static __always_inline bool is_same_mac(const __u8 *one, const __u8 *other)
{
	return *(__u32 *)one == *(__u32 *)other && *(__u16 *)(one + 4) == *(__u16 *)(other + 4);
}

static __always_inline bool is_broadcast(const __u8 *mac)
{
	return *(__u32 *)mac == 0xffffffff && *(__u16 *)(mac + 4) == 0xffff;
}

static __always_inline bool is_no_mac(const __u8 *mac)
{
	return !*(__u32 *)mac && !*(__u16 *)(mac + 4);
}

static __always_inline bool is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool take_ethernet(struct packet *p)
{
	if (!take(p, p->eth))
		return false;
	p->ethertype = *(__be16 *)&p->eth->h_proto;
	for (int i = 0; i < MAX_TAGS && unlikely(is_tag(p->ethertype)); i++) {
		struct vlan_tag *tag;
		if (!take(p, tag))
			return false;
		p->ethertype = tag->ethertype;
		if (!p->tagged)
			p->vlan = bpf_ntohs(tag->tci) & VLAN_ID;
		p->tagged = true;
	}
	return true;
}

/* The fixed part of the header, without options; its addresses go into the flow. */
static __always_inline struct iphdr *take_ipv4(struct packet *p)
{
	struct iphdr *ip;
	if (!take(p, ip) || ip->version != 4)
		return NULL;
	p->flow->source = ip->saddr;
	p->flow->destination = ip->daddr;
	p->flow->protocol = ip->protocol;
	return ip;
}

/* False where the lengths contradict each other or the frame (RFC 1122 3.2.1.2). */
static __always_inline bool lengths_agree(const struct packet *p, const struct iphdr *ip)
{
	__u32 header = ip->ihl * 4;
	__u32 total = bpf_ntohs(ip->tot_len);
	__u64 ahead = (void *)ip - (void *)p->eth;
	barrier_var(ahead);
	__u32 carried = p->bytes - ahead;
	return header >= sizeof(*ip) && header <= total && total <= carried;
}

static __always_inline bool has_ports(const struct packet *p)
{
	return p->flow->protocol == IPPROTO_TCP || p->flow->protocol == IPPROTO_UDP;
}

#define TCP_FLAGS_AT 13
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Both TCP and UDP begin with the ports; a packet that is too short for the whole header has none. */
static __always_inline bool take_ports(struct packet *p, const struct iphdr *ip)
{
	__u32 header = ip->ihl * 4;
	bool tcp = p->flow->protocol == IPPROTO_TCP;
	if (bpf_ntohs(ip->tot_len) < header + (tcp ? sizeof(struct tcphdr) : sizeof(struct udphdr)))
		return false;
	p->next = (void *)ip + header;
	struct udphdr *udp;
	struct tcphdr *segment;
	__be32 *ports = p->next;
	if (tcp ? !take(p, segment) : !take(p, udp))
		return false;
	*(__be32 *)&p->flow->source_port = *ports;
	if (tcp)
		p->tcp_flags = ((__u8 *)ports)[TCP_FLAGS_AT];
	return true;
}
