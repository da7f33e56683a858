// SPDX-License-Identifier: GPL-2.0-or-later
/* Vports that always have frames to send, and how much they can send. */
#include "test.h"

/* Nanoseconds until the device is called again. */
#define STEP		100000
#define RING		4096		/* descriptors: they never run dry */

unsigned int late;
uint64_t sent[9], total;

static uint8_t frame[2048];
static struct tcp_frame tcp;

/* The contents of a ring are changed while it is empty. */
void queue_restart(struct queue *p)
{
	wr(p->fn, SVNIC_QCFG(p->index, SVNIC_QCFG_CTRL), 0);
	p->tx_size = RING;
	queue_start(p);
	queue_post(p, p->rx_size);
}

/*
 * Fills a ring with the same frame; it goes to the wire if @dst is mac_other.
 */
void load(struct queue *p, const uint8_t *dst, uint32_t len)
{
	struct svnic_tx_desc d = {
		.len = len, .flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};
	unsigned int i;

	queue_restart(p);
	frame_eth(frame, dst, MAC(p->fn), 0x88b5, len);
	d.addr = tx_room(p, frame, len);
	for (i = 0; i < p->tx_size; i++)
		((struct svnic_tx_desc *)mem_at(p->tx))[i] = d;
}

/* The same with TSO frames: a context and three pieces each. */
void load_tso(struct queue *p, const uint8_t *dst, uint32_t payload)
{
	struct svnic_tx_desc *ring = mem_at(p->tx), d = { 0 };
	struct svnic_tx_tso ctx = {
		.mss = 1448, .flags = SVNIC_TXD_CTX, .l3_start = 14,
	};
	uint32_t at, len, i;
	uint64_t addr;

	queue_restart(p);
	frame_l4(&tcp, &(struct tcp_args){
		.payload = payload, .opts = 12, .dmac = dst,
		.smac = MAC(p->fn),
	}, true);
	ctx.hdr_len = tcp.hdr_len;
	addr = tx_room(p, tcp.data, tcp.len);
	memcpy(ring, &ctx, sizeof(ctx));
	for (i = 1, at = 0; i < 4; i++, at += len) {
		len = i == 3 ? tcp.len - at : tcp.len / 3;
		memset(&d, 0, sizeof(d));
		d.addr = addr + at;
		d.len = len;
		if (i == 1) {
			d.flags = SVNIC_TXD_SOP | SVNIC_TXD_TSO |
				  SVNIC_TXD_CSUM;
			d.csum_start = tcp.l4;
			d.csum_offset = 16;
		} else if (i == 3) {
			d.flags = SVNIC_TXD_EOP;
		}
		ring[i] = d;
	}
	for (i = 4; i < p->tx_size; i++)
		ring[i] = ring[i % 4];
}

void load_kind(struct queue *p, enum kind kind)
{
	if (kind == LARGE)
		load_tso(p, mac_other, 60000);
	else
		load(p, mac_other, kind == SMALL ? 64 : 1514);
}

void link_up(unsigned int speed, unsigned int n)
{
	struct svnic_core_config config = host_config();

	config.link_speed = speed;
	config.wire_gso = true;
	config.wire_csum = true;
	late = 0;
	host_new(&config);
	net_up(n, 0);
}

enum svnic_error rate(unsigned int vport, uint64_t share, uint64_t max,
			     uint32_t weight, uint8_t priority)
{
	struct svnic_vport_rate r = {
		.share = share, .max = max, .weight = weight,
		.priority = priority,
	};

	return vport_rate(vport, &r);
}

void fill(struct queue *p)
{
	p->tx_prod = tx_cons(p) + p->tx_size;
	tx_ring(p);
}

/* The vports of @mask have full rings for @usecs. */
void flood(uint32_t mask, uint64_t usecs)
{
	uint64_t end = h->now + usecs * 1000, next;
	unsigned int fn, i;

	while (h->now < end) {
		for (fn = 0; fn < 9; fn++) {
			if (!(mask & 1u << fn))
				continue;
			fill(&q[fn]);
			queue_post(&q[fn], rx_drain(&q[fn]));
		}
		for (i = 0; ; i++) {
			next = svnic_core_run(h->core);
			if (next > h->now)
				break;
			CHECK(i < 10000);
		}
		if (next > h->now + STEP)
			next = h->now + STEP;
		if (late)
			next += rnd() % late;
		h->now = next < end ? next : end;
	}
}

/* The same; also measures what each of them sent. */
void measure(uint32_t mask, uint64_t usecs)
{
	uint64_t before[9];
	unsigned int fn;

	for (fn = 0; fn < 9; fn++)
		before[fn] = mask & 1u << fn ? STAT(fn, tx_bytes) : 0;
	flood(mask, usecs);
	total = 0;
	for (fn = 0; fn < 9; fn++) {
		sent[fn] = mask & 1u << fn ?
			   STAT(fn, tx_bytes) - before[fn] : 0;
		total += sent[fn];
	}
}
