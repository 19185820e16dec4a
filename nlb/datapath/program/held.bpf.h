/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that are held: copied into a ring that user space reads. It sends each through the program again, later, when its flow may be
 * forwarded. The ring has room for so many frames and no more; what finds it full is dropped.
 */
#pragma once

#include "clock.bpf.h"
#include "packet.bpf.h"
#include "placement.bpf.h"

#define FRAME_WORDS (sizeof(((struct held_frame *)0)->frame) / sizeof(__u64))

/* If the frame has so much more, copies it. */
#define copy_more(to, from, end, type)                                              \
	do {                                                                        \
		if ((void *)((type *)(from) + 1) <= (end)) {                        \
			*(type *)(to) = *(type *)(from);                            \
			(to) += sizeof(type);                                       \
			(from) += sizeof(type);                                     \
		}                                                                   \
	} while (0)

/*
 * XDP: word by word, because the helper that copies (bpf_xdp_load_bytes) came with Linux 5.18; then what is less than a word. Global,
 * so that the verifier goes through the loop once.
 */
__noinline int copy_from_xdp(struct xdp_md *ctx, struct held_frame *record)
{
	void *from = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (!record)
		return 0;
	void *to = record->frame;
	for (int word = 0; word < FRAME_WORDS; word++) {
		if (from + sizeof(__u64) > end) {
			copy_more(to, from, end, __u32);
			copy_more(to, from, end, __u16);
			copy_more(to, from, end, __u8);
			break;
		}
		copy_more(to, from, end, __u64);
	}
	return 0;
}

/* Zero unless the kernel cannot read it. */
__noinline int copy_from_skb(struct __sk_buff *skb, struct held_frame *record)
{
	__u64 length = skb->len;
	barrier_var(length); /* the verifier needs both comparisons */
	if (!record || !length || length > sizeof(record->frame))
		return 1;
	return bpf_skb_load_bytes(skb, 0, record->frame, length);
}

static __always_inline void describe(const struct packet *p, const struct service *service, struct held_frame *record)
{
	record->arrived_ns = clock_ns();
	record->length = p->bytes;
	record->ifindex = p->ifindex;
	record->slot = first_slot(service, p->flow);
	record->service = p->service;
	record->by = p->held_by;
	record->tcp_flags = p->tcp_flags;
	record->flow = *p->flow;
}

/* `is_skb`: what the frame is in, as a constant, because neither kind of program may call the other's helpers. */
static __always_inline enum outcome hand_over(const struct packet *p, bool is_skb)
{
	struct service *service = service_by_id(p->service);
	if (!service)
		return DROPPED_NOT_SERVED;
	if (p->bytes > sizeof(((struct held_frame *)0)->frame) || p->segment_bytes)
		return DROPPED_TOO_LONG_TO_HOLD;
	struct held_frame *record = bpf_ringbuf_reserve(&held_frames, sizeof(*record), 0);
	if (!record)
		return DROPPED_SHED;
	describe(p, service, record);
	if (is_skb ? copy_from_skb(p->context, record) : copy_from_xdp(p->context, record)) {
		bpf_ringbuf_discard(record, 0);
		return DROPPED_SHED;
	}
	bpf_ringbuf_submit(record, 0);
	return HELD;
}
