/* SPDX-License-Identifier: GPL-2.0 */
/* What an IPv4 packet carries, as far as it says which flow it is about. */
#pragma once

#include "packet.bpf.h"

/* RFC 792; the kernel's own header needs the C library's. */
#define ICMP_UNREACHABLE 3
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

struct icmp_header {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 rest;
};

enum content {
	MALFORMED,
	SEGMENT, /* TCP or UDP with the ports: unfragmented, or the first fragment */
	LATER_FRAGMENT, /* TCP or UDP without the ports */
	ICMP_ERROR, /* the packet's flow is then the quoted one, reversed */
	OTHER,
};

/* Unreachable, time exceeded, parameter problem: what a router says of a packet that a server has sent (RFC 792). */
static __always_inline bool is_error(__u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

/* The quoted packet was sent from the cluster address to the client: its flow is reversed. */
static __always_inline void reverse_flow(struct packet *p, const struct iphdr *quoted, const struct udphdr *ports)
{
	p->flow->source = quoted->daddr;
	p->flow->destination = quoted->saddr;
	p->flow->source_port = ports->dest;
	p->flow->destination_port = ports->source;
	p->flow->protocol = quoted->protocol;
}

static __always_inline enum content take_error(struct packet *p, const struct iphdr *ip)
{
	void *end = (void *)ip + bpf_ntohs(ip->tot_len);
	p->next = (void *)ip + ip->ihl * 4;
	if (p->next + sizeof(struct icmp_header) > end)
		return MALFORMED;
	struct icmp_header *icmp;
	if (!take(p, icmp))
		return MALFORMED;
	if (!is_error(icmp->type))
		return OTHER;
	struct iphdr *quoted;
	if (!take(p, quoted) || quoted->version != 4 || quoted->ihl < 5)
		return MALFORMED;
	p->next = (void *)quoted + quoted->ihl * 4;
	if (p->next + QUOTED_BYTES > end)
		return MALFORMED;
	struct udphdr *ports;
	if (!take(p, ports))
		return MALFORMED;
	bool tcp_or_udp = quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP;
	if (!tcp_or_udp || quoted->saddr != ip->daddr || quoted->frag_off & bpf_htons(IP_OFFSET))
		return OTHER;
	reverse_flow(p, quoted, ports);
	return ICMP_ERROR;
}

static __always_inline enum content take_content(struct packet *p, const struct iphdr *ip)
{
	bool later = ip->frag_off & bpf_htons(IP_OFFSET);
	if (!lengths_agree(p, ip))
		return MALFORMED;
	if (has_ports(p))
		return later ? LATER_FRAGMENT : take_ports(p, ip) ? SEGMENT : MALFORMED;
	bool fragment = later || ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS);
	return ip->protocol == IPPROTO_ICMP && !fragment ? take_error(p, ip) : OTHER;
}
