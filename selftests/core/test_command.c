// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 10: the command queue of a VF. */
#include "svnic_core_priv.h"
#include "test.h"

#define RING		16

static uint64_t ring, data;
static uint32_t prod;
static struct svnic_event ev;

static void start(unsigned int fn)
{
	ring = mem_alloc(fn, 64 * RING);
	data = mem_alloc(fn, 4096);
	prod = 0;
	wr64(fn, SVNIC_REG_CMD_BASE_LO, ring);
	wr(fn, SVNIC_REG_CMD_SIZE, RING);
	EQ(rd(fn, SVNIC_REG_CMD_SIZE), RING);
}

static void setup(void)
{
	net_up(2, 0);
	events_drain(0);
	events_drain(1);
	start(1);
}

static struct svnic_cmd caps(void)
{
	return (struct svnic_cmd){
		.opcode = SVNIC_FN_CAPS_GET, .cookie = prod + 0x100,
		.data_addr = data, .data_len = 256,
	};
}

static void post(const struct svnic_cmd *cmd)
{
	memcpy(mem_at(ring + prod % RING * 64), cmd, 64);
	prod++;
}

/* The status of the command; its answer must be the only event. */
static enum svnic_error answer(unsigned int fn)
{
	CHECK(event_get(fn, &ev));
	EQ(ev.type, SVNIC_EVENT_COMMAND);
	EQ(ev.vf, SVNIC_EVENT_SELF);
	event_cons(fn);
	return ev.data >> 16;
}

static enum svnic_error command(unsigned int fn, const struct svnic_cmd *cmd)
{
	enum svnic_error error;
	struct svnic_event more;

	post(cmd);
	wr(fn, SVNIC_REG_CMD_PROD, prod);
	run();
	error = answer(fn);
	EQ(ev.data & 0xffff, cmd->cookie);
	CHECK(!event_get(fn, &more));
	return error;
}

/* The grant of the function, written to its own memory. */
static void grant(void)
{
	const struct svnic_tlv *tlv;
	const struct svnic_vport_grant *g;
	struct svnic_cmd cmd;
	struct svnic_vport_info info;

	setup();
	cmd = caps();
	memset(mem_at(data), 0xee, 256);
	EQ(command(1, &cmd), 0);
	EQ(ev.data2, 24);
	tlv = mem_at(data);
	EQ(tlv->type, SVNIC_CAP_GRANT);
	EQ(tlv->version, 0);
	EQ(tlv->len, sizeof(*g));
	g = (const void *)(tlv + 1);
	info = vport_info(1);
	CHECK(!memcmp(g, &info.grant, sizeof(*g)));
	EQ(((uint8_t *)mem_at(data))[24], 0xee);
	EQ(h->violations, 0);
	/* The PF's command about itself must name no vport. */
	cmd.vport = 1;
	EQ(command(1, &cmd), SVNIC_ERR_PARAM);
}

/* What caps() gives with another opcode */
static enum svnic_error other_opcode(uint32_t op)
{
	switch (op) {
	case SVNIC_FN_CAPS_GET:
		return SVNIC_ERR_NONE;
	case SVNIC_FN_RSS_SET:
	case SVNIC_FN_FLOW_SET:
		return SVNIC_ERR_PARAM;		/* too much data */
	case SVNIC_FN_RSS_DEL:
	case SVNIC_FN_FLOW_DEL:
		return SVNIC_ERR_NOT_FOUND;
	default:
		return SVNIC_ERR_OPCODE;
	}
}

/* A VF cannot use commands of the PF. */
static void not_the_pf(void)
{
	struct svnic_cmd cmd;
	uint32_t op;

	setup();
	for (op = 0; op < 0x10000; op += op < 0x200 ? 1 : 0x1ff) {
		cmd = caps();
		cmd.opcode = op;
		EQ(command(1, &cmd), other_opcode(op));
		EQ(ev.data2, op == SVNIC_FN_CAPS_GET ? 24 : 0);
	}
	wr(1, SVNIC_REG_MBX_RING_LO, 0x1000);
	EQ(rd(1, SVNIC_REG_MBX_RING_LO), 0);
	EQ(rd(1, SVNIC_REG_VF_MAX), 0);
	CHECK(rd(0, SVNIC_REG_MBX_RING_LO) != 0x1000);
}

static void bad(void)
{
	struct svnic_cmd good, cmd;
	unsigned int i;

	setup();
	good = caps();
	cmd = good;
	cmd.rsvd0 = 1;
	EQ(command(1, &cmd), SVNIC_ERR_PARAM);
	cmd = good;
	cmd.rsvd1 = 1;
	EQ(command(1, &cmd), SVNIC_ERR_PARAM);
	for (i = 0; i < sizeof(cmd.params); i++) {
		cmd = good;
		cmd.params[i] = 1;
		EQ(command(1, &cmd), SVNIC_ERR_PARAM);
	}
	cmd = good;
	cmd.data_len = 23;
	EQ(command(1, &cmd), SVNIC_ERR_PARAM);
	cmd = good;
	cmd.data_addr += 4;
	EQ(command(1, &cmd), SVNIC_ERR_PARAM);
	/* Memory that is not the VF's */
	h->lenient = true;
	cmd = good;
	cmd.data_addr = mem_alloc(2, 4096);
	EQ(command(1, &cmd), SVNIC_ERR_DMA);
	EQ(ev.data2, 0);
	EQ(command(1, &good), 0);
}

/* Start, stop and failure of the ring, and its state after a reset. */
static void life(void)
{
	struct svnic_cmd cmd;

	setup();
	wr64(1, SVNIC_REG_CMD_BASE_LO, ring + 4096);
	EQ(rd(1, SVNIC_REG_CMD_BASE_LO), (uint32_t)ring);
	wr(1, SVNIC_REG_CMD_PROD, RING + 1);
	EQ(rd(1, SVNIC_REG_CMD_SIZE), 0);
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_INDEX);
	/* The PF's own queue is not affected. */
	EQ(vport_flags(2, SVNIC_VPORT_BCAST, SVNIC_VPORT_BCAST), 0);
	wr(1, SVNIC_REG_CMD_SIZE, 15);
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_CONFIG);
	h->lenient = true;
	wr64(1, SVNIC_REG_CMD_BASE_LO, mem_alloc(2, 4096));
	wr(1, SVNIC_REG_CMD_SIZE, RING);
	wr(1, SVNIC_REG_CMD_PROD, 1);
	run();
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_DMA);
	EQ(rd(1, SVNIC_REG_CMD_SIZE), 0);
	h->lenient = false;
	start(1);
	cmd = caps();
	EQ(command(1, &cmd), 0);

	wr(1, SVNIC_REG_CTRL, 0);
	EQ(rd(1, SVNIC_REG_CMD_SIZE), 0);
	EQ(rd(1, SVNIC_REG_CMD_BASE_LO), (uint32_t)ring);
	wr(1, SVNIC_REG_CMD_SIZE, RING);
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, SVNIC_ERR_NOT_READY);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	EQ(rd(1, SVNIC_REG_CMD_BASE_LO), 0);
}

/*
 * All VFs flood the device with commands and have room for all answers. One
 * call of the core executes a few commands of each VF, and work of other
 * functions.
 */
static void one_run(void)
{
	unsigned int vf, n, most = 0;
	struct svnic_cmd cmd;
	uint8_t frame[60];
	uint64_t at[9];

	net_up(8, 0);
	for (vf = 1; vf <= 8; vf++) {
		evq_start(vf, 4096);
		at[vf] = mem_alloc(vf, 64 * 4096);
		data = mem_alloc(vf, 4096);
		cmd = caps();
		for (n = 0; n < 4096; n++)
			memcpy(mem_at(at[vf] + n * 64), &cmd, 64);
		wr64(vf, SVNIC_REG_CMD_BASE_LO, at[vf]);
		wr(vf, SVNIC_REG_CMD_SIZE, 4096);
	}
	for (vf = 1; vf <= 8; vf++)
		wr(vf, SVNIC_REG_CMD_PROD, 4096);
	frame_eth(frame, mac_other, MAC(2), 0x88b5, 60);
	tx_frame(&q[2], frame, 60, 0);
	EQ(svnic_core_run(h->core), 0);
	EQ(tx_cons(&q[2]), 1);
	for (vf = 1; vf <= 8; vf++) {
		for (n = 0; event_get(vf, &ev); n++)
			EQ(ev.type, SVNIC_EVENT_COMMAND);
		CHECK(n);
		most = n > most ? n : most;
	}
	CHECK(most <= 8);
	run();
	for (vf = 1; vf <= 8; vf++) {
		for (n = 0; event_get(vf, &ev); n++)
			;
		EQ(n, 4096 - most);
	}
}

/*
 * A guest whose ring waits for room for the answers does not delay the other
 * functions.
 */
static void flood_of_commands(void)
{
	struct svnic_cmd cmd;
	unsigned int i, n = 0, turn;
	uint8_t frame[60];

	setup();
	evq_start(1, 16);
	frame_eth(frame, mac_other, MAC(2), 0x88b5, 60);
	for (turn = 0; turn < 100; turn++) {
		for (i = 0; i < RING; i++) {
			cmd = caps();
			post(&cmd);
		}
		wr(1, SVNIC_REG_CMD_PROD, prod);
		tx_frame(&q[2], frame, 60, 0);
		EQ(vport_flags(2, SVNIC_VPORT_BCAST, SVNIC_VPORT_BCAST), 0);
		EQ(tx_cons(&q[2]), turn + 1);
		/* No more than there is room for in the event ring. */
		run();
		while (event_get(1, &ev)) {
			EQ(ev.data, (n + 0x100) & 0xffff);
			n++;
		}
		EQ(n, prod);
		event_cons(1);
	}
	/* Unread answers delay the next commands. */
	for (i = 0; i < RING; i++) {
		cmd = caps();
		post(&cmd);
	}
	wr(1, SVNIC_REG_CMD_PROD, prod);
	run();
	cmd = caps();
	post(&cmd);
	wr(1, SVNIC_REG_CMD_PROD, prod);
	run();
	EQ(rd(1, SVNIC_REG_STATUS) >> 16, 0);
	for (; event_get(1, &ev); n++)
		EQ(ev.data, (n + 0x100) & 0xffff);
	EQ(n, prod - 1);
	event_cons(1);
	run();
	CHECK(event_get(1, &ev));
}

const struct test command_tests[] = {
	TEST(grant),
	TEST(not_the_pf),
	TEST(bad),
	TEST(life),
	TEST(one_run),
	TEST(flood_of_commands),
	{ 0 },
};
