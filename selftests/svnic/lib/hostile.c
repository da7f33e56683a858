// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile [-g] BDF ATTACK
 *
 * A hostile user of a VF. It has the VF through VFIO, as a VMM does for a
 * guest; with -g it is root in a guest that has the VF. It does everything that
 * the device allows, without the VF's driver. The attacks are in a table below.
 *
 * Commands on standard input: "go" attacks, "hold" attacks and does not reset
 * itself when it is stopped, "rest" behaves like a good guest. Each command is
 * answered by a line with counters of what was done so far. The program ends at
 * the end of the input.
 *
 * In an emulated machine all accesses to registers take the same lock, and
 * there are two CPUs. So the program uses only CPU time that no other needs,
 * and pauses between bursts. In a burst it is as fast as it can.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <svnic/svnic_desc.h>
#include <svnic/svnic_mbx.h>
#include <svnic/svnic_regs.h>

#include "root.h"
#include "vfio.h"

#define BURST		256
#define PAUSE_US	1000
#define READY_MS	2000
#define RESETS		32	/* of a burst */
#define OFFENCES	16	/* between two resets */

/*
 * Broadcasts: the average rate is less than in other attacks, but the size of a
 * burst is not.
 */
#define STORM_US	16000
#define STORM		32
#define SHORT		60
#define SHORTEST	14
#define LARGE		60000	/* in about as many frames */
#define MSS		1400
#define IP_AT		14
#define TCP_AT		34
#define PROTO_IP	0x0800
#define PROTO_TEST	0x88b5

/* Memory of the guest, and its layout. */
#define MEM_SIZE	ROOT_PAGE
#define RINGS		0x000000	/* 64 KiB a queue pair */
#define RING_PAIR	0x010000
#define RING_TX		0x0000
#define RING_RX		0x4000
#define RING_CMPL	0x8000
#define RING_STATE	0xc000
#define MEM_EVQ		0x080000
#define MEM_MBX		0x081000
#define MEM_BUFS	0x100000	/* BUF_SIZE each */
#define MEM_FRAME	0x180000	/* what is sent */
#define RING_SIZE	256u
#define BUF_SIZE	2048u
#define EVQ_SIZE	64
#define PAIRS_MAX	8u

static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
static struct vfio_bar bars[2];	/* BAR0 and BAR2 */
static uint8_t *mem;
static uint64_t mem_iova = 0x10000000;	/* where the device sees it */
static uint64_t operations, resets, stops;
static uint32_t pairs = 1, rx_cons, rx_prod, tx_prod[PAIRS_MAX];
static bool reset_myself;

static uint32_t rd(uint32_t reg)
{
	return le32toh(*(volatile uint32_t *)(bars[0].at + reg));
}

static void wr(uint32_t reg, uint32_t val)
{
	*(volatile uint32_t *)(bars[0].at + reg) = htole32(val);
}

static void wr_addr(uint32_t reg, uint32_t offset)
{
	wr(reg, mem_iova + offset);
	wr(reg + 4, (mem_iova + offset) >> 32);
}

/* xorshift64*: the same attack each time */
static uint64_t rnd(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 2685821657736338717ull;
}

static uint32_t below(uint32_t n)
{
	return (rnd() >> 32) % n;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static bool wait_status(uint32_t mask, uint32_t want)
{
	uint64_t end = now_ms() + READY_MS;

	while ((rd(SVNIC_REG_STATUS) & mask) != want) {
		if (now_ms() > end)
			return false;
		usleep(PAUSE_US);
	}
	return true;
}

static bool ready(void)
{
	return rd(SVNIC_REG_STATUS) & SVNIC_STATUS_READY;
}

static void take_device(const char *bdf, bool root, bool master)
{
	int container, group, device;

	if (root) {
		mem = root_map_memory(&mem_iova);
		root_take_device(bdf, master);
		bars[0] = root_map_bar(bdf, SVNIC_BAR_REGS);
		bars[1] = root_map_bar(bdf, SVNIC_BAR_MSIX);
		return;
	}
	container = vfio_open_container();
	group = vfio_open_group(container, bdf, true);
	mem = vfio_map_memory(container, mem_iova, MEM_SIZE);
	device = vfio_open_device(group, bdf);
	bars[0] = vfio_map_bar(device, bdf, VFIO_PCI_BAR0_REGION_INDEX);
	bars[1] = vfio_map_bar(device, bdf, VFIO_PCI_BAR2_REGION_INDEX);
}

static void enable(void)
{
	wr(SVNIC_REG_ACCEPT_LO, rd(SVNIC_REG_FEATURES_LO) &
	   (uint32_t)(SVNIC_F_MAILBOX | SVNIC_F_TX_INLINE | SVNIC_F_TX_CSUM |
		      SVNIC_F_TSO));
	wr(SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr_addr(SVNIC_REG_EVQ_BASE_LO, MEM_EVQ);
	wr(SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr_addr(SVNIC_REG_MBX_BASE_LO, MEM_MBX);
}

/* Section 3.2: reset and start, without queues. False: the PF stops it. */
static bool bring_up(void)
{
	resets++;
	wr(SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	if (!wait_status(SVNIC_STATUS_RESETTING | SVNIC_STATUS_READY,
			 SVNIC_STATUS_READY))
		return false;
	memset(mem, 0, MEM_BUFS);
	memset(tx_prod, 0, sizeof(tx_prod));
	rx_cons = 0;
	rx_prod = 0;
	pairs = rd(SVNIC_REG_QUEUES) & SVNIC_QUEUES_GRANTED_MASK;
	if (!pairs || pairs > PAIRS_MAX)
		pairs = PAIRS_MAX;
	enable();
	return rd(SVNIC_REG_STATUS) & SVNIC_STATUS_ENABLED;
}

/*
 * Section 4.1: both halves start at index 0, which is the reset value of
 * TX_START and RX_START. Nothing has changed them since the reset.
 */
static void start_queue(uint32_t q, uint32_t halves)
{
	uint32_t at = RINGS + q * RING_PAIR;

	wr(SVNIC_QCFG(q, SVNIC_QCFG_CTRL), 0);
	memset(mem + at + RING_CMPL, 0,
	       RING_SIZE * sizeof(struct svnic_rx_cmpl));
	memset(mem + at + RING_STATE, 0, sizeof(struct svnic_queue_state));
	wr(SVNIC_QCFG(q, SVNIC_QCFG_VECTOR), SVNIC_VECTOR_NONE);
	wr(SVNIC_QCFG(q, SVNIC_QCFG_BUF_SIZE), BUF_SIZE);
	wr(SVNIC_QCFG(q, SVNIC_QCFG_TX_SIZE), RING_SIZE);
	wr(SVNIC_QCFG(q, SVNIC_QCFG_RX_SIZE), RING_SIZE);
	wr_addr(SVNIC_QCFG(q, SVNIC_QCFG_TX_BASE_LO), at + RING_TX);
	wr_addr(SVNIC_QCFG(q, SVNIC_QCFG_RX_BASE_LO), at + RING_RX);
	wr_addr(SVNIC_QCFG(q, SVNIC_QCFG_CMPL_BASE_LO), at + RING_CMPL);
	wr_addr(SVNIC_QCFG(q, SVNIC_QCFG_STATE_BASE_LO), at + RING_STATE);
	wr(SVNIC_QCFG(q, SVNIC_QCFG_CTRL), halves);
	tx_prod[q] = 0;
}

static void doorbell(uint32_t q, uint32_t which, uint32_t val)
{
	wr(rd(SVNIC_REG_DB_OFFSET) + q * rd(SVNIC_REG_DB_STRIDE) + which, val);
}

/* A good guest: consumes what has arrived and posts the buffers again. */
static void refill(void)
{
	struct svnic_rx_cmpl *cmpl = (void *)(mem + RINGS + RING_CMPL);
	uint64_t *post = (void *)(mem + RINGS + RING_RX);
	uint32_t old = rx_prod, slot, phase;

	for (;;) {
		slot = rx_cons & (RING_SIZE - 1);
		phase = !((rx_cons / RING_SIZE) & 1);
		if ((le32toh(cmpl[slot].info) & SVNIC_RXC_PHASE) != phase)
			break;
		rx_cons++;
		operations++;
	}
	while (rx_prod - rx_cons < RING_SIZE) {
		slot = rx_prod++ & (RING_SIZE - 1);
		post[slot] = htole64(mem_iova + MEM_BUFS + slot * BUF_SIZE);
	}
	if (rx_prod != old)
		doorbell(0, SVNIC_DB_RX, rx_prod);
}

static void start_stuck(void)
{
	start_queue(0, SVNIC_QCTRL_RX);
	refill();
}

/* All its buffers are used, and stay so. */
static void attack_stuck(void)
{
}

/* Valid and invalid messages, without waiting for answers. */
static void attack_mailbox(void)
{
	struct svnic_mbx_hdr *hdr = (void *)(mem + MEM_MBX);
	struct svnic_mbx_version *version = (void *)(hdr + 1);
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		uint32_t len = sizeof(*hdr) + below(64);

		memset(hdr, 0, sizeof(*hdr));
		hdr->opcode = htole16(SVNIC_MBX_VERSION +
				      below(SVNIC_MBX_OPCODES + 1));
		hdr->cookie = i;
		switch (below(4)) {
		case 0:
			hdr->opcode = htole16(SVNIC_MBX_VERSION);
			version->min = htole16(SVNIC_MBX_VERSION_MIN);
			version->max = htole16(SVNIC_MBX_VERSION_MAX);
			len = sizeof(*hdr) + sizeof(*version);
			break;
		case 1:
			hdr->opcode = htole16(SVNIC_MBX_GET_CONFIG);
			len = sizeof(*hdr);
			break;
		case 2:
			len = below(2 * SVNIC_MBX_MSG_MAX);
			/* fallthrough */
		default:
			*(uint64_t *)(hdr + 1) = rnd();
			hdr->rsvd0 = below(2);
		}
		hdr->len = htole16(len);
		wr(SVNIC_REG_MBX_DB, len);
		operations++;
	}
}

static void attack_bars(void)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		struct vfio_bar *bar = &bars[!below(8)];
		uint32_t at = below(bar->size);
		uint64_t val = rnd();

		/* half of the accesses to registers other than doorbells */
		if (bar == bars && below(2))
			at = below(SVNIC_REG_QCFG + 8 * SVNIC_QCFG_STRIDE);
		switch (below(8)) {
		case 0:
			bar->at[at] = val;
			break;
		case 1:
			*(volatile uint16_t *)(bar->at + (at & ~1u)) = val;
			break;
		case 2:
			*(volatile uint64_t *)(bar->at + (at & ~7u)) = val;
			break;
		default:
			/* small numbers are valid more often than large ones */
			*(volatile uint32_t *)(bar->at + (at & ~3u)) =
				val >> below(64);
		}
		operations++;
	}
}

/* An address that the guest may use, or any other. */
static uint64_t any_address(void)
{
	return htole64(below(2) ? mem_iova + below(MEM_SIZE - BUF_SIZE) :
		       rnd());
}

static void random_descriptor(struct svnic_tx_desc *desc)
{
	static const uint16_t flags[] = {
		SVNIC_TXD_SOP | SVNIC_TXD_EOP, SVNIC_TXD_SOP, SVNIC_TXD_EOP,
		SVNIC_TXD_SOP | SVNIC_TXD_CSUM | SVNIC_TXD_TSO, SVNIC_TXD_CTX,
		SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_INLINE,
	};

	uint64_t words[2] = { any_address(), rnd() };

	memcpy(desc, words, sizeof(*desc));
	if (below(4))
		desc->flags = htole16(flags[below(6)]);
	if (le16toh(desc->flags) & SVNIC_TXD_INLINE && below(4)) {
		desc->addr = 0;
		desc->len = htole16(below(300));
	}
}

static void attack_descriptors(void)
{
	uint32_t q = below(pairs), at = RINGS + q * RING_PAIR, i;
	const uint32_t halves = SVNIC_QCTRL_TX | SVNIC_QCTRL_RX;
	struct svnic_tx_desc *desc = (void *)(mem + at + RING_TX);
	uint64_t *post = (void *)(mem + at + RING_RX);

	for (i = 0; i < RING_SIZE; i++) {
		random_descriptor(&desc[i]);
		post[i] = any_address();
	}
	for (i = 0; i < 8; i++) {
		if ((rd(SVNIC_QCFG(q, SVNIC_QCFG_STATUS)) & halves) != halves) {
			stops++;
			start_queue(q, halves);
		}
		tx_prod[q] += 1 + below(RING_SIZE / 4);
		doorbell(q, SVNIC_DB_TX, tx_prod[q]);
		doorbell(q, SVNIC_DB_RX, below(8) ? below(RING_SIZE) : rnd());
		operations += RING_SIZE / 4;
	}
}

static void start_nothing(void)
{
}

static void start_sending(void)
{
	uint32_t q;

	for (q = 0; q < pairs; q++)
		start_queue(q, SVNIC_QCTRL_TX);
}

/* True if there is space for this number of descriptors. */
static bool room(uint32_t q, uint32_t n)
{
	struct svnic_queue_state *state =
		(void *)(mem + RINGS + q * RING_PAIR + RING_STATE);
	uint32_t cons = le32toh(*(volatile uint32_t *)&state->tx_cons);

	return tx_prod[q] - cons + n <= RING_SIZE;
}

static void put(uint32_t q, const void *desc)
{
	struct svnic_tx_desc *ring = (void *)(mem + RINGS + q * RING_PAIR);

	memcpy(&ring[tx_prod[q]++ & (RING_SIZE - 1)], desc, sizeof(*ring));
}

static void put_piece(uint32_t q, uint32_t at, uint32_t len, uint32_t flags)
{
	struct svnic_tx_desc desc = {
		.addr = htole64(mem_iova + MEM_FRAME + at),
		.len = htole16(len),
		.flags = htole16(flags),
	};

	if (flags & SVNIC_TXD_CSUM) {
		desc.csum_start = TCP_AT;
		desc.csum_offset = 16;
	}
	put(q, &desc);
}

/* A frame from the VF's own address, which passes the spoof check. */
static uint8_t *frame_to(const uint8_t *dst, uint16_t proto)
{
	uint8_t *frame = mem + MEM_FRAME;
	uint32_t lo = rd(SVNIC_REG_MAC_LO), hi = rd(SVNIC_REG_MAC_HI);

	memcpy(frame, dst, 6);
	lo = htole32(lo);
	hi = htole32(hi);
	memcpy(frame + 6, &lo, 4);
	memcpy(frame + 10, &hi, 2);
	proto = htobe16(proto);
	memcpy(frame + 12, &proto, 2);
	return frame;
}

/* The frames are well formed, so no queue stops. */
static void send_all(uint32_t q)
{
	if (ready() && !(rd(SVNIC_QCFG(q, SVNIC_QCFG_STATUS)) &
			 SVNIC_QSTATUS_TX)) {
		stops++;
		start_queue(q, SVNIC_QCTRL_TX);
	}
	doorbell(q, SVNIC_DB_TX, tx_prod[q]);
}

/* Short broadcasts. */
static void attack_broadcast(void)
{
	uint32_t i;

	frame_to(all, PROTO_TEST);
	for (i = 0; i < STORM && room(0, 1); i++) {
		put_piece(0, 0, SHORT, SVNIC_TXD_SOP | SVNIC_TXD_EOP);
		operations++;
	}
	send_all(0);
}

/* A large TCP broadcast over IPv4, split for all receivers. */
static void attack_tso(void)
{
	static const uint8_t headers[] = {
		0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0,
		198, 51, 100, 1, 198, 51, 100, 2,
		0, 9, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 1, 0,
		0, 0, 0, 0,
	};
	struct svnic_tx_tso ctx = {
		.mss = htole16(MSS),
		.hdr_len = htole16(IP_AT + sizeof(headers)),
		.flags = htole16(SVNIC_TXD_CTX),
		.l3_start = IP_AT,
	};
	uint8_t *frame = frame_to(all, PROTO_IP);
	uint16_t len = htobe16(LARGE - IP_AT);

	memcpy(frame + IP_AT, headers, sizeof(headers));
	memcpy(frame + IP_AT + 2, &len, 2);
	if (room(0, 2)) {
		put(0, &ctx);
		put_piece(0, 0, LARGE, SVNIC_TXD_SOP | SVNIC_TXD_EOP |
			  SVNIC_TXD_TSO | SVNIC_TXD_CSUM);
		operations++;
	}
	send_all(0);
}

/* The shortest frames in pieces of one byte, as many as there is space for. */
static void attack_pieces(void)
{
	static const uint8_t nobody[6] = { 2, 0x5e, 0, 0, 0x99, 0x99 };
	uint32_t q, i;

	frame_to(nobody, PROTO_TEST);
	for (q = 0; q < pairs; q++) {
		while (room(q, SHORTEST)) {
			for (i = 0; i < SHORTEST; i++)
				put_piece(q, i, 1, (i ? 0 : SVNIC_TXD_SOP) |
					  (i == SHORTEST - 1 ? SVNIC_TXD_EOP :
					   0));
			operations++;
		}
		send_all(q);
	}
}

/*
 * It does not wait for resets; when the PF has made it ready it resets itself
 * again. Or it sends messages that no driver sends, and resets itself before
 * these are too many.
 */
static void attack_resets(void)
{
	struct svnic_mbx_hdr *hdr = (void *)(mem + MEM_MBX);
	uint32_t i;

	memset(hdr, 0, sizeof(*hdr));
	hdr->len = htole16(sizeof(*hdr));
	if (reset_myself) {
		for (i = 0; i < OFFENCES && ready(); i++) {
			hdr->opcode = htole16(SVNIC_MBX_OPCODES + 1);
			wr(SVNIC_REG_MBX_DB, sizeof(*hdr));
			wait_status(SVNIC_STATUS_MBX_BUSY, 0);
			operations++;
		}
		wr(SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		return;
	}
	hdr->opcode = htole16(SVNIC_MBX_GET_CONFIG);
	for (i = 0; i < RESETS; i++) {
		if (ready())
			enable();
		wr(SVNIC_REG_MBX_DB, sizeof(*hdr));
		wr(SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
		operations++;
	}
	resets += RESETS;
}

static const struct attack {
	const char *name;
	void (*start)(void);
	void (*go)(void);
	void (*rest)(void);
	uint32_t pause_us;
} attacks[] = {
	{ "stuck",	 start_stuck,	attack_stuck,	    refill },
	{ "mailbox",	 start_nothing,	attack_mailbox,	    start_nothing },
	{ "bars",	 start_nothing,	attack_bars,	    start_nothing },
	{ "descriptors", start_nothing,	attack_descriptors, start_nothing },
	{ "pieces",	 start_sending,	attack_pieces,	    start_nothing },
	{ "resets",	 start_nothing,	attack_resets,	    start_nothing },
	/* receivers need CPU time, too */
	{ "broadcast",	 start_sending,	attack_broadcast,   start_nothing,
	  STORM_US },
	{ "tso",	 start_sending,	attack_tso,	    start_nothing,
	  STORM_US },
};

/* Starts a function again that was stopped, or that has stopped itself. */
static void begin(const struct attack *attack)
{
	if (bring_up())
		attack->start();
}

static bool command(bool *go)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	*go = line[0] != 'r';
	reset_myself = line[0] != 'h';
	printf("{\"operations\": %llu, \"resets\": %llu, \"stops\": %llu}\n",
	       (unsigned long long)operations, (unsigned long long)resets,
	       (unsigned long long)stops);
	fflush(stdout);
	return true;
}

static void run(const struct attack *attack)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	bool go = false;

	for (;;) {
		if (poll(&in, 1, 0) && !command(&go))
			return;
		if (!ready() && reset_myself) {
			stops++;
			begin(attack);
		}
		if (go)
			attack->go();
		else if (ready())
			attack->rest();
		usleep(attack->pause_us ?: PAUSE_US);
	}
}

int main(int argc, char **argv)
{
	struct sched_param param = { 0 };
	bool root = argc == 4 && !strcmp(argv[1], "-g");
	const char *bdf = argv[1 + root];
	unsigned int i;

	for (i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		if (argc == 3 + root && !strcmp(argv[2 + root],
						attacks[i].name))
			break;
	if (i == sizeof(attacks) / sizeof(*attacks))
		errx(2, "usage: %s [-g] BDF ATTACK", argv[0]);
	setvbuf(stdin, NULL, _IONBF, 0);
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		err(1, "SCHED_IDLE");
	/* random addresses in its registers may be those of its own kernel */
	take_device(bdf, root, attacks[i].go != attack_bars);
	reset_myself = true;
	begin(&attacks[i]);
	fprintf(stderr, "ready\n");
	run(&attacks[i]);
	if (root)
		root_reset(bdf);
	return 0;
}
