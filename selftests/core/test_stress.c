// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random and wrong drivers: registers, doorbells, descriptors, memory, and all
 * of it from several threads. Sanitizers and neighbours check the device.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[70000];

/* Pair 0 of VF 2, whose driver is correct, and the PF can communicate. */
static void neighbours_talk(void)
{
	unsigned int fn;

	for (fn = 0; fn <= 2; fn += 2) {
		EQ(queue_status(&q[fn]), 3);
		rx_drain(&q[fn]);
		queue_post(&q[fn], q[fn].rx_size -
			   (q[fn].rx_prod - q[fn].rx_cons));
	}
	run();
	h->wire_room = ~0u;
	frame_eth(frame, MAC(0), MAC(2), 0x88b5, 100);
	tx_frame(&q[2], frame, 100, 0);
	run();
	CHECK(rx_drain(&q[0]) >= 1);
	EQ(tx_cons(&q[2]), q[2].tx_prod);
}

static uint32_t some_word(void)
{
	static const uint32_t nice[] = {
		0, 1, 2, 3, 4, 16, 64, 128, 256, 2048, 4096, 0xffff,
		0x80000000, 0xffffffff,
	};

	switch (rnd() % 4) {
	case 0:
		return rnd();
	case 1:
		return rnd() % 300;
	case 2:
		return (uint32_t)(MEM_BASE + rnd() % (1 << 20)) & ~63u;
	default:
		return nice[rnd() % (sizeof(nice) / sizeof(nice[0]))];
	}
}

static uint32_t some_reg(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd() % 0x30000;
	case 1:
		return SVNIC_REG_CTRL + 4 * (rnd() % 16);
	case 2:
		return SVNIC_REF_DB_OFFSET + rnd() % 5 * 4096 +
		       rnd() % 3 * 4;
	case 3:
		return SVNIC_REG_RSS_CTRL + 4 * (rnd() % 128);
	case 4:
		return (rnd() % 2 ? SVNIC_REG_MODERATION_RX :
				    SVNIC_REG_MODERATION_TX) + 4 * (rnd() % 8);
	case 5:
		return SVNIC_REG_CMD_BASE_LO + 4 * (rnd() % 8);
	default:
		return SVNIC_QCFG(rnd() % 5, 4 * (rnd() % 14));
	}
}

/* Random writes all over the BAR of VF 1. */
static void registers(void)
{
	unsigned int i, size;

	net_up(2, 0);
	h->lenient = true;
	for (i = 0; i < 40000; i++) {
		size = rnd() % 16 ? 4 : 1 << rnd() % 4;
		if (rnd() % 4)
			svnic_core_mmio_write(h->core, 1, some_reg(),
					      some_word(), size);
		else
			svnic_core_mmio_read(h->core, 1, some_reg(), size);
		if (rnd() % 64 == 0)
			vport_enable(1, h->core->fn[1].s.reset_seq);
		if (rnd() % 32 == 0) {
			frame_eth(frame, rnd() % 2 ? MAC(1) : mac_bcast,
				  mac_other, 0x0800, 200);
			wire_rx(frame, 60 + rnd() % 140);
		}
		if (rnd() % 8 == 0)
			advance(rnd() % 50);
		if (i % 2000 == 0)
			neighbours_talk();
	}
	neighbours_talk();
}

/* The same by the PF's driver: it may harm VFs, but not the device. */
static void registers_pf(void)
{
	unsigned int i, size;

	net_up(2, 0);
	h->lenient = true;
	for (i = 0; i < 40000; i++) {
		size = rnd() % 16 ? 4 : 1 << rnd() % 4;
		svnic_core_mmio_write(h->core, rnd() % 3, some_reg(),
				      some_word(), size);
		if (rnd() % 200 == 0)
			svnic_core_set_vfs(h->core, rnd() % 4);
		if (rnd() % 100 == 0)
			svnic_core_flr(h->core, rnd() % 4);
		if (rnd() % 100 == 0)
			svnic_core_set_link(h->core, rnd() % 2);
		if (rnd() % 8 == 0)
			advance(rnd() % 50);
	}
	/* It recovers by FLR. */
	svnic_core_flr(h->core, 0);
	svnic_core_set_link(h->core, true);
	for (i = 0; i < 3; i++)
		rx_drain(&q[i]);
	memset(q, 0, sizeof(q[0]) * 3);
	memset(evq, 0, sizeof(evq[0]) * 3);
	h->lenient = false;
	net_up(2, 0);
	neighbours_talk();
}

static void some_desc(struct queue *p)
{
	struct svnic_tx_desc d = {
		.addr = rnd() % 16 ? p->txbuf + rnd() % 4096 : rnd(),
		.len = rnd() % 8 ? 1 + rnd() % 1500 : rnd(),
		.vlan_tci = rnd(),
		.csum_start = rnd() % 4 ? 14 + rnd() % 60 : rnd(),
		.csum_offset = rnd() % 4 ? 16 : rnd(),
	};
	struct svnic_tx_tso ctx = {
		.mss = rnd() % 8 ? 64 + rnd() % 1400 : rnd(),
		.hdr_len = rnd() % 8 ? 54 + rnd() % 40 : rnd(),
		.flags = SVNIC_TXD_CTX,
		.l3_start = rnd() % 8 ? 14 : rnd(),
	};
	static uint16_t open;

	if (rnd() % 16 == 0)
		d.flags = rnd();
	else
		d.flags = (open ? 0 : SVNIC_TXD_SOP |
			   (rnd() % 2 ? SVNIC_TXD_CSUM : 0) |
			   (rnd() % 2 ? SVNIC_TXD_VLAN : 0)) |
			  (rnd() % 2 ? SVNIC_TXD_EOP : 0);
	if (!open && rnd() % 3 == 0) {
		tx_put(p, &ctx);
		d.flags |= SVNIC_TXD_TSO | SVNIC_TXD_CSUM;
		d.csum_start = 34;
		d.csum_offset = 16;
	}
	open = !(d.flags & SVNIC_TXD_EOP);
	tx_put(p, &d);
}

/* Random descriptors of random and of almost correct frames. */
static void descriptors(void)
{
	static struct tcp_frame f;
	struct queue *p = &q[1];
	unsigned int i, n;

	net_up(2, 0);
	h->lenient = true;
	for (i = 0; i < 30000; i++) {
		if (queue_status(p) != 3) {
			queue_start(p);
			queue_post(p, 64);
		}
		if (i % 16 == 0) {
			frame_l4(&f, &(struct tcp_args){
				.payload = 3500, .v6 = rnd() % 2,
				.opts = rnd() % 11 * 4,
				.dmac = rnd() % 2 ? MAC(rnd() % 4) : mac_bcast,
			}, true);
			n = f.len < 4000 ? f.len : 4000;
			memcpy(mem_at(p->txbuf), f.data, n);
			while (rnd() % 2)
				*(uint8_t *)mem_at(p->txbuf + rnd() % 100) =
					rnd();
		}
		for (n = rnd() % 4; n; n--)
			some_desc(p);
		if (rnd() % 64 == 0)
			queue_state(p)->tx_prod = rnd();
		tx_ring(p);
		h->wire_room = rnd() % 8 ? 100 : rnd() % 4;
		run();
		queue_post(p, rx_drain(p));
		queue_post(&q[0], rx_drain(&q[0]));
		queue_post(&q[2], rx_drain(&q[2]));
		if (h->wire_n > 2000)
			wire_clear();
	}
	neighbours_talk();
}

/* Random frames with random offloads from the wire. */
static void wire(void)
{
	static struct tcp_frame f;
	struct svnic_frame w;
	unsigned int i;
	uint8_t *copy;

	net_up(2, 0);
	EQ(vport_vlan(2, 5, 0x8100), 0);
	for (i = 0; i < 20000; i++) {
		frame_l4(&f, &(struct tcp_args){
			.payload = rnd() % 3000, .v6 = rnd() % 2,
			.udp = rnd() % 3 == 0, .opts = rnd() % 11 * 4,
			.ext = rnd() % 4 * 8, .ip_opts = rnd() % 3 * 4,
			.dmac = rnd() % 4 ? MAC(rnd() % 3) : mac_bcast,
		}, rnd() % 2);
		if (rnd() % 3 == 0)
			f.len = frame_vlan(f.data, f.len, 0x8100, rnd() % 8);
		while (rnd() % 2)
			f.data[rnd() % 80] = rnd();
		if (rnd() % 4 == 0)
			f.len = 14 + rnd() % (f.len - 14);
		copy = malloc(f.len);
		memcpy(copy, f.data, f.len);
		w = (struct svnic_frame){ .data = copy, .len = f.len };
		if (rnd() % 2) {
			w.csum_partial = true;
			w.csum_start = rnd() % 4 ? f.l4 : rnd();
			w.csum_offset = rnd() % 4 ? 16 : rnd();
		}
		if (rnd() % 2) {
			w.gso_size = 64 + rnd() % 1400;
			w.hdr_len = rnd() % 4 ? f.hdr_len : rnd();
			w.l3_start = rnd() % 4 ? 14 : rnd();
		}
		svnic_core_wire_rx(h->core, &w);
		free(copy);
		run();
		queue_post(&q[0], rx_drain(&q[0]));
		queue_post(&q[1], rx_drain(&q[1]));
		queue_post(&q[2], rx_drain(&q[2]));
		if (rnd() % 64 == 0)
			wr(rnd() % 3, SVNIC_REG_RX_CTRL, rnd());
		if (rnd() % 64 == 0)
			wr(rnd() % 3, SVNIC_REG_RSS_CTRL + rnd() % 3 * 4,
			   rnd());
	}
	neighbours_talk();
}

/* Random admin commands. */
static void commands(void)
{
	struct svnic_cmd cmd;
	static const uint8_t ops[] = {
		0, 1, 0x10, 0x11, 0x12, 0x13, 0x14, 0x18, 0x19, 0x20, 0x21,
		0x22, 0x23, 0x24, 0x30, 0x31, 0x40, 0x41,
	};
	unsigned int i, j, b;
	uint64_t data;

	net_up(2, 0);
	data = mem_alloc(0, 4096);
	h->lenient = true;
	for (i = 0; i < 30000; i++) {
		memset(&cmd, 0, sizeof(cmd));
		cmd.opcode = ops[rnd() % sizeof(ops)];
		cmd.vport = rnd() % 16 ? rnd() % 9 : rnd();
		cmd.data_len = rnd() % 4 ? 256 : rnd();
		cmd.data_addr = rnd() % 8 ? data : rnd();
		for (j = rnd() % 3; j; j--) {
			b = rnd() % 26;
			cmd.params[b] = rnd() % 2 ? rnd() : rnd() % 32;
		}
		admin(&cmd);
		if (i % 64 == 0) {
			frame_eth(frame, MAC(rnd() % 16), MAC(1), 0x88b5, 100);
			tx_frame(&q[1], frame, 100, 0);
			run();
		}
	}
}

/* Doorbells from other threads, while everything else runs. */
static atomic_bool ring_on;

static void *ringer(void *arg)
{
	unsigned int fn = *(unsigned int *)arg, i = 0;

	while (atomic_load(&ring_on)) {
		svnic_core_doorbell(h->core, fn, SVNIC_REF_DB_OFFSET +
				    (i % 4) * 4096 + (i & 4), i % 300, 4);
		svnic_core_doorbell(h->core, i % 300, i * 4096, i, 4);
		i++;
	}
	return NULL;
}

static void doorbells(void)
{
	unsigned int ids[2] = { 1, 3 }, i;
	pthread_t threads[2];

	net_up(3, 0);
	atomic_store(&ring_on, true);
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, ringer, &ids[i]);
	for (i = 0; i < 3000; i++) {
		svnic_core_run(h->core);
		if (i % 10 == 0) {
			wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
			queue_zero(&q[1]);
			wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
		}
		if (i % 100 == 50)
			svnic_core_flr(h->core, 3);
	}
	atomic_store(&ring_on, false);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	neighbours_talk();
}

/* No doorbell is lost, from any thread. */
static _Atomic uint32_t rung;

static void *counter(void *arg)
{
	uint32_t i;

	(void)arg;
	for (i = 1; i <= 20000; i++) {
		/* One entry of the ring for each, not more than it has. */
		while (i - *(volatile uint32_t *)&queue_state(&q[1])->tx_cons >
		       256)
			;
		atomic_store(&rung, i);
		svnic_core_doorbell(h->core, 1, SVNIC_REF_DB_OFFSET, i, 4);
	}
	return NULL;
}

static void no_doorbell_lost(void)
{
	struct svnic_tx_desc *ring, d;
	unsigned int i, idle = 0;
	pthread_t thread;

	net_up(1, SVNIC_F_EVENT_IDX);
	frame_eth(frame, mac_other, MAC(1), 0x88b5, 60);
	d = (struct svnic_tx_desc){
		.addr = tx_room(&q[1], frame, 60), .len = 60,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};
	ring = mem_at(q[1].tx);
	for (i = 0; i < 256; i++)
		ring[i] = d;
	atomic_store(&rung, 0);
	pthread_create(&thread, NULL, counter, NULL);
	/* The core is called only when it was kicked. */
	while (tx_cons(&q[1]) != 20000 && idle < 2000000000) {
		if (!__atomic_exchange_n(&h->kicks, 0, __ATOMIC_SEQ_CST)) {
			idle++;
			continue;
		}
		idle = 0;
		run();
	}
	pthread_join(thread, NULL);
	EQ(tx_cons(&q[1]), 20000);
}

/*
 * REQ-4.8: drivers that do exactly what section 4.5 says, each in its own
 * thread, and sleep until their interrupt. VF 1 sends to VF 2.
 */
#define WAKE_FRAMES	150000

static atomic_bool wake_stop, wake_late;
static atomic_uint wake_sent;

static uint32_t load32(const void *p)
{
	return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE);
}

static void store32(void *p, uint32_t v)
{
	__atomic_store_n((uint32_t *)p, v, __ATOMIC_RELEASE);
}

static bool passed(uint32_t e, uint32_t old, uint32_t new)
{
	return new - e - 1 < new - old;
}

static uint32_t wake_rnd(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void wake_pause(uint32_t *state)
{
	volatile uint32_t n = wake_rnd(state) % 16 ? wake_rnd(state) % 50 :
						     wake_rnd(state) % 20000;

	while (n)
		n--;
}

/* Waits for another interrupt than @seen; a minute without one is an error. */
static bool wake_wait(unsigned int fn, unsigned int *seen, const void *done)
{
	struct timespec naps = { .tv_nsec = 1000 };
	unsigned int i;

	for (i = 0; i < 1000000; i++) {
		if (h->irqs[fn][1] != *seen) {
			*seen = h->irqs[fn][1];
			return true;
		}
		if (atomic_load((const atomic_bool *)done))
			return true;
		if (i < 200)
			sched_yield();
		else
			nanosleep(&naps, NULL);
	}
	atomic_store(&wake_late, true);
	return false;
}

static void *wake_sender(void *arg)
{
	struct svnic_queue_state *s = queue_state(&q[1]);
	uint32_t prod = 0, cons = 0, n, old, event, seed = 1;
	unsigned int seen = 0;

	(void)arg;
	while (cons != WAKE_FRAMES) {
		n = wake_rnd(&seed) % 40;
		if (n > WAKE_FRAMES - prod)
			n = WAKE_FRAMES - prod;
		if (n > 256 - (prod - cons))
			n = 256 - (prod - cons);
		old = prod;
		prod += n;
		store32(&s->tx_prod, prod);
		atomic_thread_fence(memory_order_seq_cst);
		if (n && passed(load32(&s->tx_kick), old, prod))
			svnic_core_doorbell(h->core, 1, SVNIC_REF_DB_OFFSET,
					    prod, 4);
		wake_pause(&seed);
		cons = load32(&s->tx_cons);
		if (cons == prod || wake_rnd(&seed) % 4)
			continue;
		/* Sleep until some of them are done. */
		event = cons + wake_rnd(&seed) % (prod - cons);
		store32(&s->tx_event, event);
		atomic_thread_fence(memory_order_seq_cst);
		if (load32(&s->tx_cons) - cons > event - cons)
			continue;
		if (!wake_wait(1, &seen, &wake_stop))
			break;
	}
	atomic_store(&wake_sent, cons);
	atomic_store(&wake_stop, true);
	return NULL;
}

static void *wake_receiver(void *arg)
{
	struct svnic_queue_state *s = queue_state(&q[2]);
	struct svnic_rx_cmpl *cmpl = mem_at(q[2].cmpl);
	uint32_t prod = 64, cons = 0, old, seed = 2;
	unsigned int seen = 0;

	(void)arg;
	for (;;) {
		while ((load32(&cmpl[cons & 63].info) & 1) == !(cons & 64) &&
		       cons != prod)
			cons++;
		if (prod - cons < 48 || wake_rnd(&seed) % 8 == 0) {
			old = prod;
			prod = cons + 64;
			store32(&s->rx_prod, prod);
			atomic_thread_fence(memory_order_seq_cst);
			if (prod != old && passed(load32(&s->rx_kick), old,
						  prod))
				svnic_core_doorbell(h->core, 2,
						    SVNIC_REF_DB_OFFSET +
						    SVNIC_DB_RX, prod, 4);
		}
		wake_pause(&seed);
		store32(&s->rx_event, cons);
		atomic_thread_fence(memory_order_seq_cst);
		if ((load32(&cmpl[cons & 63].info) & 1) == !(cons & 64) &&
		    cons != prod)
			continue;
		if (atomic_load(&wake_stop))
			break;
		if (!wake_wait(2, &seen, &wake_stop))
			break;
	}
	q[2].rx_cons = cons;
	q[2].rx_prod = prod;
	return NULL;
}

static void wakeups(void)
{
	struct timespec nap = { .tv_nsec = 1000 };
	pthread_t sender, receiver;
	struct svnic_tx_desc *ring;
	uint64_t next = 0, now;
	unsigned int i;

	net_up(2, 0);
	frame_eth(frame, MAC(2), MAC(1), 0x88b5, 60);
	ring = mem_at(q[1].tx);
	for (i = 0; i < 256; i++)
		ring[i] = (struct svnic_tx_desc){
			.addr = q[1].txbuf, .len = 60,
			.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
		};
	memcpy(mem_at(q[1].txbuf), frame, 60);
	h->realtime = true;
	irqs_take(1, 1);
	irqs_take(2, 1);
	atomic_store(&wake_stop, false);
	atomic_store(&wake_late, false);
	pthread_create(&sender, NULL, wake_sender, NULL);
	pthread_create(&receiver, NULL, wake_receiver, NULL);
	for (i = 0; !atomic_load(&wake_stop) && !atomic_load(&wake_late);
	     i++) {
		/*
		 * Only when kicked, or at the time that the core has returned.
		 */
		now = h->core->ops.now(h);
		if (!__atomic_exchange_n(&h->kicks, 0, __ATOMIC_SEQ_CST) &&
		    next > now) {
			if (i % 64 == 0)
				nanosleep(&nap, NULL);
			else
				sched_yield();
			continue;
		}
		if (i % 512 == 0) {
			wr(1, SVNIC_REG_MODERATION_RX + 4, i / 512 % 2 * 30);
			wr(2, SVNIC_REG_MODERATION_RX + 4, i / 512 % 3 * 20);
			wr(1, SVNIC_REG_MODERATION_TX + 4, i / 512 % 5 * 25);
		}
		next = svnic_core_run(h->core);
	}
	pthread_join(sender, NULL);
	for (i = 0; i < 100; i++)
		svnic_core_run(h->core);
	pthread_join(receiver, NULL);
	CHECK(!atomic_load(&wake_late));
	EQ(atomic_load(&wake_sent), WAKE_FRAMES);
	EQ(STAT(2, rx_packets) + STAT(2, rx_no_buffer), WAKE_FRAMES);
	EQ(queue_status(&q[1]), 3);
	EQ(queue_status(&q[2]), 3);
}

/* The maximum number of VFs, each sends a frame to its neighbour. */
static void all_vfs(void)
{
	struct svnic_core_config config = host_config();
	unsigned int fn, round;
	struct queue *p;

	config.vf_max = 248;
	config.vf_queues = 1;
	config.mac_filters = 1000;
	config.vlan_filters = 1000;
	host_new(&config);
	fn_up(0, ALL_FEATURES(0));
	for (round = 0; round < 2; round++) {
		vfs_up(248);
		for (fn = 1; fn <= 248; fn++) {
			fn_up(fn, ALL_FEATURES(fn));
			p = &q[fn];
			if (!round) {
				memset(p, 0, sizeof(*p));
				p->fn = fn;
				p->tx_size = 64;
				p->rx_size = 64;
				p->buf_size = 2048;
				p->vector = 1;
				p->events = true;
				p->tx = mem_alloc(fn, 1024);
				p->rx = mem_alloc(fn, 512);
				p->cmpl = mem_alloc(fn, 1024);
				p->state = mem_alloc(fn, 128);
				p->txbuf = mem_alloc(fn, 4096);
				p->bufs = mem_alloc(fn, 4096 * 4);
			}
			queue_start(p);
			queue_post(p, 4);
		}
		for (fn = 1; fn <= 248; fn++) {
			struct svnic_tx_desc d = {
				.addr = q[fn].txbuf, .len = 100,
				.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
			};

			frame_eth(mem_at(d.addr), fn == 1 ? mac_bcast :
				  MAC(fn - 1), MAC(fn), 0x88b5, 100);
			tx_put(&q[fn], &d);
			tx_ring(&q[fn]);
		}
		run();
		for (fn = 1; fn <= 248; fn++) {
			EQ(tx_cons(&q[fn]), 1);
			EQ(rx_drain(&q[fn]), fn == 1 || fn == 248 ? 1 : 2);
			EQ(h->irqs[fn][1] > 0, 1);
		}
		EQ(h->wire_n, round + 1);
		svnic_core_set_vfs(h->core, 0);
	}
}

const struct test stress_tests[] = {
	TEST(registers),
	TEST(registers_pf),
	TEST(descriptors),
	TEST(wire),
	TEST(commands),
	TEST(doorbells),
	TEST(no_doorbell_lost),
	TEST(wakeups),
	TEST(all_vfs),
	{ 0 },
};
