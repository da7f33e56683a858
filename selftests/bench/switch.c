// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cost of a packet in the reference NIC with few and with many entries in its
 * tables (spec 10.5), measured natively, with the host and the driver of the
 * core's unit tests.
 *
 * VF 1 sends frames to the PF, which has as many addresses as the table is to
 * have entries, and as many VLANs (at most all of them). Address and VLAN of a
 * frame are any of these. The CPU time of the core is measured, from the
 * doorbell until there is no more work. The sizes alternate, since a machine
 * may be slow for a while. A line of JSON is printed for each.
 */
#include <stdlib.h>
#include <time.h>

#include "test.h"

#define ENTRIES_MAX	4096
#define VIDS_MAX	4094
#define ROUNDS		21
#define BATCHES		1000
#define BATCH		128
#define FRAME_LEN	64

static const unsigned int sizes[] = { 1, 4, 16, 64, 256, 1024, ENTRIES_MAX };
#define SIZES		(sizeof(sizes) / sizeof(sizes[0]))

static uint64_t slots[BATCH];
static unsigned int entries;

void check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(EXIT_FAILURE);
}

void check_differ(const char *file, int line, const char *what,
		  unsigned long long got, unsigned long long want)
{
	fprintf(stderr, "%s:%d: %s is %llu, not %llu\n", file, line, what, got,
		want);
	exit(EXIT_FAILURE);
}

static void entry_mac(unsigned int entry, uint8_t *mac)
{
	static const uint8_t first[6] = { 2, 1 };

	memcpy(mac, first, 6);
	mac[4] = entry >> 8;
	mac[5] = entry;
}

static uint16_t entry_vid(unsigned int entry)
{
	return 1 + entry % VIDS_MAX;
}

static void entry_set(unsigned int entry, bool add)
{
	uint8_t mac[6];

	entry_mac(entry, mac);
	EQ(vport_filter(0, mac, add), SVNIC_ERR_NONE);
	if (entry < VIDS_MAX)
		EQ(vport_vid(0, entry_vid(entry), add), SVNIC_ERR_NONE);
}

static void table_resize(unsigned int size)
{
	while (entries < size)
		entry_set(entries++, true);
	while (entries > size)
		entry_set(--entries, false);
}

static void nic_up(void)
{
	struct svnic_core_config config = host_config();
	struct svnic_tx_desc desc = {
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP,
	};
	uint8_t frame[FRAME_LEN + 4];
	unsigned int i;

	config.vf_max = SVNIC_VF_LIMIT;
	config.link_speed = 0;
	/* The PF has all filters but those of VF 1. */
	config.mac_filters = ENTRIES_MAX + 4;
	config.vlan_filters = ENTRIES_MAX + 4;
	host_new(&config);
	net_up(1, 0);
	EQ(vport_flags(0, SVNIC_VPORT_VLAN_FILTER, SVNIC_VPORT_VLAN_FILTER),
	   SVNIC_ERR_NONE);
	q[0].rx_size = 2 * BATCH;
	queue_restart(&q[0]);
	queue_restart(&q[1]);

	frame_eth(frame, MAC(0), MAC(1), 0x88b5, FRAME_LEN);
	desc.len = frame_vlan(frame, FRAME_LEN, 0x8100, 1);
	for (i = 0; i < BATCH; i++)
		slots[i] = tx_room(&q[1], frame, desc.len);
	for (i = 0; i < q[1].tx_size; i++) {
		desc.addr = slots[i % BATCH];
		((struct svnic_tx_desc *)mem_at(q[1].tx))[i] = desc;
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void address(uint8_t *frame)
{
	unsigned int entry = rnd() % entries;
	uint16_t vid = entry_vid(entry);

	entry_mac(entry, frame);
	frame[14] = vid >> 8;
	frame[15] = vid;
}

static uint64_t batch(void)
{
	uint64_t start, end;
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		address(mem_at(slots[i]));
	q[1].tx_prod += BATCH;
	start = cpu_ns();
	tx_ring(&q[1]);
	run();
	end = cpu_ns();
	EQ(tx_cons(&q[1]), q[1].tx_prod);
	EQ(rx_drain(&q[0]), BATCH);
	queue_post(&q[0], BATCH);
	run();
	return end - start;
}

static void measure_size(unsigned int size, unsigned int round)
{
	uint64_t ns = 0;
	unsigned int i;

	table_resize(size);
	batch();
	for (i = 0; i < BATCHES; i++)
		ns += batch();
	printf("{\"entries\": %u, \"round\": %u, \"ns_per_packet\": %.2f}\n",
	       size, round, (double)ns / (BATCHES * BATCH));
}

int main(void)
{
	unsigned int round, i;

	rnd_seed(1);
	nic_up();
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < SIZES; i++)
			measure_size(sizes[round & 1 ? SIZES - 1 - i : i],
				     round);
	host_free();
	return 0;
}
