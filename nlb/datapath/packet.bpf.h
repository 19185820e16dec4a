/* SPDX-License-Identifier: GPL-2.0 */
/* A cursor over one frame, the same for XDP and tc. Each step checks the frame's end before it reads. */
#pragma once

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include "tables.bpf.h"

#define MAX_TAGS 2
#define VLAN_ID 0x0fff
#define IP_MORE_FRAGMENTS 0x2000
#define IP_OFFSET 0x1fff
#define QUOTED_BYTES 8 /* of what follows the quoted header (RFC 792) */
/* The furthest byte that the cursor reads: Ethernet, tags, IPv4 with all options, ICMP, what it quotes. */
#define HEADER_BYTES (ETH_HLEN + 4 * MAX_TAGS + 60 + 8 + 60 + QUOTED_BYTES)

struct packet {
	struct ethhdr *eth;
	void *end; /* of what may be read; tc may hold more elsewhere */
	void *next; /* after the last header that was taken */
	__u32 bytes; /* of the whole frame */
	__u32 ifindex;
	__be16 ethertype; /* of what the tags enclose */
	bool tagged;
	__u16 vlan; /* id of the outermost tag */
	struct flow flow; /* ports zero until take_ports() */
	__u8 tcp_flags; /* zero until take_ports() */
	const struct settings *settings;
	__u32 egress; /* interface to send on, once forwarded; the other three likewise */
	__u32 server;
	__be32 server_address;
	__u32 service;
};

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

/* The header that begins at the cursor, or NULL where the frame ends first. */
#define take(p, type)                                            \
	({                                                       \
		type *header = (p)->next;                        \
		bool fits = (void *)(header + 1) <= (p)->end;    \
		if (fits)                                        \
			(p)->next = header + 1;                  \
		fits ? header : NULL;                            \
	})

static __always_inline bool is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool take_ethernet(struct packet *p)
{
	p->eth = take(p, struct ethhdr);
	if (!p->eth)
		return false;
	p->ethertype = p->eth->h_proto;
	for (int i = 0; i < MAX_TAGS && is_tag(p->ethertype); i++) {
		struct vlan_tag *tag = take(p, struct vlan_tag);
		if (!tag)
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
	struct iphdr *ip = take(p, struct iphdr);
	if (!ip || ip->version != 4)
		return NULL;
	p->flow.source = ip->saddr;
	p->flow.destination = ip->daddr;
	p->flow.protocol = ip->protocol;
	return ip;
}

/* False where the lengths contradict each other or the frame (RFC 1122 3.2.1.2). */
static __always_inline bool lengths_agree(const struct packet *p, const struct iphdr *ip)
{
	__u32 header = ip->ihl * 4;
	__u32 total = bpf_ntohs(ip->tot_len);
	__u32 carried = p->bytes - ((void *)ip - (void *)p->eth);
	return header >= sizeof(*ip) && header <= total && total <= carried;
}

static __always_inline bool has_ports(const struct packet *p)
{
	return p->flow.protocol == IPPROTO_TCP || p->flow.protocol == IPPROTO_UDP;
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
	bool tcp = p->flow.protocol == IPPROTO_TCP;
	if (bpf_ntohs(ip->tot_len) < header + (tcp ? sizeof(struct tcphdr) : sizeof(struct udphdr)))
		return false;
	p->next = (void *)ip + header;
	struct udphdr *ports = p->next;
	if (!(tcp ? (void *)take(p, struct tcphdr) : (void *)take(p, struct udphdr)))
		return false;
	p->flow.source_port = ports->source;
	p->flow.destination_port = ports->dest;
	if (tcp)
		p->tcp_flags = ((__u8 *)ports)[TCP_FLAGS_AT];
	return true;
}
