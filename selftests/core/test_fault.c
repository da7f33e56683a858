// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA that fails anywhere stops only what needed it. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[9000];
static struct svnic_event ev;

/* A VF that uses its queue pair with all kinds of accesses. */
static void traffic(void)
{
	static struct tcp_frame f;
	struct svnic_tx_tso ctx = {
		.mss = 1000, .hdr_len = 54, .flags = SVNIC_TXD_CTX,
		.l3_start = 14,
	};
	struct svnic_tx_desc d;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		frame_eth(frame, i & 1 ? mac_other : MAC(2), MAC(1), 0x88b5,
			  100);
		tx_frame(&q[1], frame, 100, 0);
	}
	frame_l4(&f, &(struct tcp_args){ .payload = 3000, .dmac = MAC(2) },
		 true);
	tx_put(&q[1], &ctx);
	d = (struct svnic_tx_desc){
		.addr = tx_room(&q[1], f.data, f.len), .len = f.len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_TSO |
			 SVNIC_TXD_CSUM,
		.csum_start = 34, .csum_offset = 16,
	};
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	for (i = 0; i < 40; i++) {
		frame_eth(frame, MAC(1), mac_other, 0x88b5, 4500);
		svnic_core_wire_rx(h->core, &(struct svnic_frame){
			.data = frame, .len = 4500 });
		if (i % 8 == 7)
			run();
	}
	run();
}

static void neighbours_are_well(void)
{
	unsigned int fn;

	for (fn = 0; fn <= 2; fn += 2) {
		EQ(queue_status(&q[fn]), 3);
		EQ(rd(fn, SVNIC_REG_STATUS) >> 16, 0);
		rx_drain(&q[fn]);
		queue_post(&q[fn], q[fn].rx_size -
			   (q[fn].rx_prod - q[fn].rx_cons));
		run();
		frame_eth(frame, MAC(fn), mac_other, 0x88b5, 100);
		wire_rx(frame, 100);
		EQ(rx_drain(&q[fn]), 1);
	}
}

/* Each access of the VF fails once. */
static void everywhere(bool write)
{
	unsigned int n, total, errors, tx, rx;

	for (n = 1, total = 1; n <= total; n++) {
		host_new(NULL);
		net_up(2, 0);
		events_drain(0);
		events_drain(1);
		h->fail_fn = 1;
		*(write ? &h->fail_write : &h->fail_read) = n;
		tx = h->fn_reads[1];
		rx = h->fn_writes[1];
		traffic();
		if (n == 1 && total == 1)
			total = 30;
		/*
		 * The faulty access was not reached: all accesses were tested.
		 */
		if (h->fail_write || h->fail_read)
			break;
		CHECK(write ? h->fn_writes[1] > rx : h->fn_reads[1] > tx);
		h->fail_write = 0;
		h->fail_read = 0;
		tx = queue_error(&q[1], false);
		rx = queue_error(&q[1], true);
		CHECK(tx == SVNIC_ERR_DMA || rx == SVNIC_ERR_DMA);
		CHECK(tx == SVNIC_ERR_DMA || tx == 0);
		CHECK(rx == SVNIC_ERR_DMA || rx == 0);
		EQ(queue_status(&q[1]) & 3, (tx ? 0 : 1) | (rx ? 0 : 2));
		errors = !!tx + !!rx;
		while (event_get(1, &ev)) {
			EQ(ev.type, SVNIC_EVENT_QUEUE_ERROR);
			EQ(ev.data >> 16 & 0xff, SVNIC_ERR_DMA);
			errors--;
		}
		EQ(errors, 0);
		/* The PF gets an event about one of them. */
		errors = 1;
		while (event_get(0, &ev)) {
			EQ(ev.type, SVNIC_EVENT_QUEUE_ERROR);
			EQ(ev.vf, 0);
			errors--;
		}
		EQ(errors, 0);
		neighbours_are_well();
		/* It starts again. */
		queue_start(&q[1]);
		queue_post(&q[1], 64);
		run();
		traffic();
		EQ(queue_status(&q[1]), 3);
		CHECK(rx_drain(&q[1]) > 0);
		total = n + 1;
	}
	CHECK(n > 5);
}

static void reads(void)
{
	everywhere(false);
}

static void writes(void)
{
	everywhere(true);
}

/* A VF without any memory of its own: all its rings fail, and no others. */
static void no_memory(void)
{
	struct queue *p = &q[1];

	net_up(2, 0);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	p->tx = 0x1000;
	p->rx = 0x1000;
	p->cmpl = 0x1000;
	p->state = 0x1000;
	queue_config(p);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 3);
	wr(1, SVNIC_REF_DB_OFFSET, 5);
	wr(1, SVNIC_REF_DB_OFFSET + 4, 5);
	run();
	EQ(queue_error(p, false), SVNIC_ERR_DMA);
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(queue_error(p, true), SVNIC_ERR_DMA);
	EQ(STAT(1, rx_errors), 1);
	neighbours_are_well();
}

/* Addresses that wrap around 2^64. */
static void wrapping_address(void)
{
	struct svnic_tx_desc d = {
		.addr = UINT64_MAX - 50, .len = 100,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};

	net_up(2, 0);
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_DMA);
	/* A ring at the end of the address space. */
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	q[1].tx = UINT64_MAX - 63;
	queue_zero(&q[1]);
	queue_config(&q[1]);
	wr(1, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 1);
	EQ(queue_status(&q[1]), 1);
	wr(1, SVNIC_REF_DB_OFFSET, 10);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_DMA);
	neighbours_are_well();
}

/* Memory of a neighbour: the host refuses it, by requester id. */
static void foreign_memory(void)
{
	struct svnic_tx_desc d = {
		.addr = q[2].bufs, .len = 100,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};

	net_up(2, 0);
	d.addr = q[2].bufs;
	h->lenient = true;
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_DMA);
	((struct svnic_rx_desc *)mem_at(q[1].rx))[0].addr = q[2].bufs;
	frame_eth(frame, MAC(1), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(queue_error(&q[1], true), SVNIC_ERR_DMA);
	neighbours_are_well();
}

static unsigned int echoes;

/* Host memory is in the NIC's own BAR: each access returns to the NIC. */
static void echo_spy(struct host *host, unsigned int fn, uint64_t addr,
		     size_t len, bool write)
{
	(void)addr;
	(void)len;
	(void)write;
	echoes++;
	svnic_core_mmio_write(host->core, fn, SVNIC_REG_CTRL,
			      SVNIC_CTRL_RESET, 4);
	svnic_core_mmio_write(host->core, 0, SVNIC_REG_CTRL,
			      SVNIC_CTRL_RESET, 4);
	EQ(svnic_core_mmio_read(host->core, fn, SVNIC_REG_MAGIC, 4),
	   UINT64_MAX);
	svnic_core_mmio_write(host->core, fn, SVNIC_QCFG(0, 0), 0, 4);
	svnic_core_doorbell(host->core, fn, SVNIC_REF_DB_OFFSET, 0, 4);
	CHECK(!svnic_core_wire_rx(host->core, &(struct svnic_frame){
		.data = frame, .len = 100 }));
	EQ(svnic_core_run(host->core), UINT64_MAX);
	svnic_core_flr(host->core, fn);
	svnic_core_set_vfs(host->core, 0);
}

static void own_bar(void)
{
	net_up(2, 0);
	h->spy = echo_spy;
	traffic();
	CHECK(echoes > 50);
	EQ(queue_status(&q[1]), 3);
	EQ(rd(0, SVNIC_REG_VF_ENABLED), 2);
	EQ(STAT(0, resets), 0);
	EQ(STAT(1, resets), 0);
	h->spy = NULL;
	neighbours_are_well();
}

/* The log is for errors of drivers only. */
static void log_of_faults(void)
{
	struct svnic_tx_desc d = { .len = 60, .flags = 0x4000 };

	net_up(2, 0);
	svnic_core_flr(h->core, 2);
	EQ(vport_disable(1), 0);
	EQ(vport_enable(1, 0), 0);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	svnic_core_flr(h->core, 0);
	svnic_core_set_vfs(h->core, 0);
	run();
	EQ(h->lines, 0);

	host_free();
	net_up(2, 0);
	tx_put(&q[1], &d);
	tx_ring(&q[1]);
	run();
	EQ(queue_error(&q[1], false), SVNIC_ERR_DESC);
	EQ(h->lines, 1);
}

const struct test fault_tests[] = {
	TEST(reads),
	TEST(writes),
	TEST(no_memory),
	TEST(wrapping_address),
	TEST(foreign_memory),
	TEST(own_bar),
	TEST(log_of_faults),
	{ 0 },
};
