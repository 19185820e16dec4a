/* SPDX-License-Identifier: GPL-2.0 */
/* Who the peer is. */
#pragma once

#include "lease.bpf.h"
#include "packet.bpf.h"

/* Whether the frame and the ARP packet come from the hardware address that the peer's authenticated beats name. */
static __always_inline bool is_by_peer(const struct packet *p, const struct arp_ipv4 *arp)
{
	struct lease *page = only_entry(&lease);
	if (!page || is_no_mac(page->peer_mac))
		return false;
	return is_same_mac(p->eth->h_source, page->peer_mac) && is_same_mac(arp->sender_mac, page->peer_mac);
}
