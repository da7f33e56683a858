// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames for the tests of flow rules, and their fields by section 5.8 */
#include "flows.h"
#include "svnic_core_bytes.h"

const struct flow_field flow_fields[FLOW_FIELDS] = {
	{ offsetof(struct svnic_flow_key, dmac), 6 },
	{ offsetof(struct svnic_flow_key, smac), 6 },
	{ offsetof(struct svnic_flow_key, type), 2 },
	{ offsetof(struct svnic_flow_key, vlan), 2 },
	{ offsetof(struct svnic_flow_key, proto), 1 },
	{ offsetof(struct svnic_flow_key, tos), 1 },
	{ offsetof(struct svnic_flow_key, sip), 16 },
	{ offsetof(struct svnic_flow_key, dip), 16 },
	{ offsetof(struct svnic_flow_key, sport), 2 },
	{ offsetof(struct svnic_flow_key, dport), 2 },
};

struct queue flow_pair[FLOW_PAIRS];
struct tcp_frame flow_f;
struct svnic_flow_key flow_want;
struct rxframe flow_r;

void flow_setup(void)
{
	net_up(2, 0);
	flow_up(1, FLOW_RULES, FLOW_CTXS, flow_pair, FLOW_PAIRS);
	EQ(vport_flags(1, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC), 0);
}

void flow_put16(__be16 *to, uint16_t val)
{
	svnic_put_be16((uint8_t *)to, val);
}

void *flow_field(struct svnic_flow_key *key, unsigned int i)
{
	return (uint8_t *)key + flow_fields[i].at;
}

/* Changes the IP header so that it is what @kind says. */
static void make_ip(enum flow_kind kind, bool v6)
{
	uint8_t *ip = flow_f.data + 14;
	bool ports = true, none = false;
	unsigned int i, n = v6 ? 16 : 4;

	for (i = 0; i < 2 * n; i++)
		ip[(v6 ? 8 : 12) + i] = rnd();
	flow_want.tos = rnd();
	if (v6)
		svnic_put_be16(ip, 0x6000 | flow_want.tos << 4 | rnd() % 16);
	else
		ip[1] = flow_want.tos;
	flow_want.proto = kind == UDP4 || kind == UDP6 ? 17 : 6;
	switch (kind) {
	case GRE4:
		flow_want.proto = ip[9] = 47;
		ports = false;
		break;
	case FIRST4:
	case LATER4:
		svnic_put_be16(ip + 6, kind == FIRST4 ? 0x2000 : 100);
		ports = false;
		break;
	case BAD_TCP4:
		flow_f.data[flow_f.l4 + 12] = 0;
		ports = false;
		break;
	case ICMP6:
		flow_want.proto = ip[6] = 58;
		ports = false;
		break;
	case FRAG6:
		flow_want.proto = ip[6] = 44;
		ports = false;
		break;
	case BAD_IP4:
	case BAD_IP6:
		ip[0] = 0x55;
		none = true;
		break;
	default:
		break;
	}
	memcpy(flow_want.sip, ip + (v6 ? 8 : 12), n);
	memcpy(flow_want.dip, ip + (v6 ? 24 : 16), n);
	if (ports) {
		memcpy(&flow_want.sport, flow_f.data + flow_f.l4, 2);
		memcpy(&flow_want.dport, flow_f.data + flow_f.l4 + 2, 2);
	}
	if (none)
		memset(&flow_want.proto, 0, sizeof(flow_want) -
		       offsetof(struct svnic_flow_key, proto));
}

void flow_make(enum flow_kind kind, enum flow_tags tags, uint64_t seed)
{
	uint8_t mac[2][6];
	struct tcp_args a = {
		.v6 = kind >= TCP6,
		.udp = kind == UDP4 || kind == UDP6,
		.payload = 60,
		.ip_opts = kind == OPTS4 ? 8 : 0,
		.ext = kind == EXT6 ? 16 : 0,
		.smac = mac[0], .dmac = mac[1],
	};
	unsigned int i;
	uint16_t tci;

	rnd_seed(seed);
	a.sport = rnd();
	a.dport = rnd();
	for (i = 0; i < 12; i++)
		mac[i / 6][i % 6] = i % 6 ? rnd() : 4;
	memset(&flow_want, 0, sizeof(flow_want));
	memcpy(flow_want.smac, mac[0], 6);
	memcpy(flow_want.dmac, mac[1], 6);
	if (kind <= SHORT) {
		flow_f.len = frame_eth(flow_f.data, mac[1], mac[0], 0x88b5,
				       kind == SHORT ? 14 : 100);
		flow_put16(&flow_want.type, 0x88b5);
	} else {
		frame_l4(&flow_f, &a, false);
		flow_put16(&flow_want.type, a.v6 ? 0x86dd : 0x0800);
		make_ip(kind, a.v6);
	}

	tci = rnd();
	if (tags == TWO_TAGS)
		flow_f.len = frame_vlan(flow_f.data, flow_f.len, 0x8100, rnd());
	if (tags)
		flow_f.len = frame_vlan(flow_f.data, flow_f.len,
					tags == TAG ? 0x8100 : 0x88a8, tci);
	if (tags)
		flow_put16(&flow_want.vlan, tci);
}

unsigned int flow_got(void)
{
	unsigned int i, at = FLOW_NOWHERE;

	for (i = 0; i < FLOW_PAIRS; i++) {
		if (!rx_get(&flow_pair[i], &flow_r))
			continue;
		EQ(at, FLOW_NOWHERE);
		at = i;
		queue_post(&flow_pair[i], flow_r.bufs);
		run();
		CHECK(!rx_get(&flow_pair[i], &(struct rxframe){ 0 }));
	}
	return at;
}

unsigned int flow_send(void)
{
	wire_rx(flow_f.data, flow_f.len);
	return flow_got();
}

struct svnic_flow_rule flow_for(const struct svnic_flow_key *mask,
				struct svnic_flow_rule rule)
{
	const uint8_t *w = (const uint8_t *)&flow_want;
	const uint8_t *m = (const uint8_t *)mask;
	uint8_t *key = (uint8_t *)&rule.key;
	unsigned int i;

	rule.mask = *mask;
	for (i = 0; i < sizeof(*mask); i++)
		key[i] = w[i] & m[i];
	return rule;
}

void flow_spoil(struct svnic_flow_rule *rule)
{
	const uint8_t *mask = (const uint8_t *)&rule->mask;
	unsigned int at = rnd() % 512, i;

	for (i = 0; i < 512; i++, at = (at + 1) % 512) {
		if (!(mask[at / 8] & 1 << at % 8))
			continue;
		((uint8_t *)&rule->key)[at / 8] ^= 1 << at % 8;
		return;
	}
}
