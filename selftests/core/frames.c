// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames to send, and the expected results, computed in a simple way. */
#include "test.h"

const uint8_t mac_bcast[6] = { 255, 255, 255, 255, 255, 255 };
const uint8_t mac_mcast[6] = { 0x01, 0x00, 0x5e, 1, 2, 3 };
const uint8_t mac_other[6] = { 2, 9, 9, 9, 9, 9 };

static uint64_t rnd_state;

void rnd_seed(uint64_t seed)
{
	rnd_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

uint32_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (uint32_t)(rnd_state >> 16);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint32_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* A frame of @len bytes whose payload tells position and length. */
uint32_t frame_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src,
		   uint16_t proto, uint32_t len)
{
	uint32_t i;

	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	put16(p + 12, proto);
	for (i = 14; i < len; i++)
		p[i] = i * 7 + len;
	return len;
}

/* Inserts a tag at byte 12; returns the new length. */
uint32_t frame_vlan(uint8_t *p, uint32_t len, uint16_t proto, uint16_t tci)
{
	memmove(p + 16, p + 12, len - 12);
	put16(p + 12, proto);
	put16(p + 14, tci);
	return len + 4;
}

/* The complement of the sum of 16-bit words, in network order. */
uint16_t ref_csum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2) {
		sum += get16(p + i);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint32_t ref_pseudo(const uint8_t *ip, uint8_t proto, uint32_t l4_len)
{
	uint32_t sum = proto + (l4_len & 0xffff) + (l4_len >> 16), i;

	if (ip[0] >> 4 == 4)
		for (i = 12; i < 20; i += 2)
			sum += get16(ip + i);
	else
		for (i = 8; i < 40; i += 2)
			sum += get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

bool ref_l4_ok(const uint8_t *data, uint32_t l3, uint32_t l4, uint32_t len,
	       uint8_t proto)
{
	return ref_csum(data + l4, len - l4,
			ref_pseudo(data + l3, proto, len - l4)) == 0;
}

bool ref_ip_ok(const uint8_t *ip)
{
	return ref_csum(ip, (ip[0] & 0xf) * 4, 0) == 0;
}

uint32_t ref_toeplitz(const uint8_t *key, const uint8_t *in, uint32_t len)
{
	uint32_t hash = 0, bit, i, window;

	for (bit = 0; bit < len * 8; bit++) {
		if (!(in[bit / 8] & 0x80 >> bit % 8))
			continue;
		window = 0;
		for (i = bit; i < bit + 32; i++)
			window = window << 1 | !!(key[i / 8] & 0x80 >> i % 8);
		hash ^= window;
	}
	return hash;
}

void frame_l4(struct tcp_frame *f, const struct tcp_args *a, bool partial)
{
	uint8_t proto = a->udp ? 17 : 6, *ip, *l4, *field;
	uint32_t l4_hlen = a->udp ? 8 : 20 + a->opts, l4_len, i;
	uint16_t csum;

	memset(f, 0, sizeof(*f));
	memcpy(f->data, a->dmac ? a->dmac : mac_other, 6);
	memcpy(f->data + 6, a->smac ? a->smac : MAC(1), 6);
	put16(f->data + 12, a->v6 ? 0x86dd : 0x0800);
	f->l3 = 14;
	f->l4 = f->l3 + (a->v6 ? 40 + a->ext : 20 + a->ip_opts);
	f->hdr_len = f->l4 + l4_hlen;
	f->len = f->hdr_len + a->payload;
	l4_len = f->len - f->l4;
	ip = f->data + f->l3;
	l4 = f->data + f->l4;

	if (a->v6) {
		ip[0] = 0x60;
		put16(ip + 4, f->len - f->l3 - 40);
		ip[6] = a->ext ? 60 : proto;
		ip[7] = 64;
		put32(ip + 8, 0xfd000000);
		ip[23] = a->src;
		put32(ip + 24, 0xfd000000);
		ip[39] = a->dst;
		if (a->ext) {
			ip[40] = proto;
			ip[41] = a->ext / 8 - 1;
		}
	} else {
		ip[0] = 0x45 + a->ip_opts / 4;
		put16(ip + 2, f->len - f->l3);
		put16(ip + 4, a->id);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = proto;
		put32(ip + 12, 0x0a000000 | a->src);
		put32(ip + 16, 0x0a000000 | a->dst);
		memset(ip + 20, 1, a->ip_opts);
		csum = ref_csum(ip, 20 + a->ip_opts, 0);
		put16(ip + 10, csum);
	}

	put16(l4, a->sport);
	put16(l4 + 2, a->dport);
	if (a->udp) {
		put16(l4 + 4, l4_len);
		field = l4 + 6;
	} else {
		put32(l4 + 4, a->seq);
		l4[12] = l4_hlen / 4 << 4;
		l4[13] = a->flags ? a->flags : 0x10;
		put16(l4 + 14, 512);
		memset(l4 + 20, 1, a->opts);
		field = l4 + 16;
	}
	for (i = 0; i < a->payload; i++)
		f->data[f->hdr_len + i] = i * 13 + i / 251;

	csum = ref_pseudo(ip, proto, l4_len);
	if (!partial) {
		csum = ref_csum(l4, l4_len, csum);
		if (!csum)
			csum = 0xffff;
	}
	put16(field, csum);
}

/* Segment @index of a frame, made by the table of section 5.3. */
uint32_t ref_segment(const struct tcp_frame *f, uint32_t mss, uint32_t index,
		     uint8_t *out)
{
	uint32_t payload = f->len - f->hdr_len, from = index * mss, len;
	uint32_t n = (payload + mss - 1) / mss;
	uint8_t *ip = out + f->l3, *tcp = out + f->l4;
	uint16_t csum;

	CHECK(index < n);
	len = payload - from < mss ? payload - from : mss;
	memcpy(out, f->data, f->hdr_len);
	memcpy(out + f->hdr_len, f->data + f->hdr_len + from, len);
	len += f->hdr_len;

	if (ip[0] >> 4 == 4) {
		put16(ip + 2, len - f->l3);
		put16(ip + 4, get16(ip + 4) + index);
		put16(ip + 10, 0);
		put16(ip + 10, ref_csum(ip, (ip[0] & 0xf) * 4, 0));
	} else {
		put16(ip + 4, len - f->l3 - 40);
	}
	put32(tcp + 4, get32(tcp + 4) + from);
	if (index + 1 < n)
		tcp[13] &= ~0x09;
	if (index)
		tcp[13] &= ~0x80;
	put16(tcp + 16, 0);
	csum = ref_csum(tcp, len - f->l4, ref_pseudo(ip, 6, len - f->l4));
	put16(tcp + 16, csum ? csum : 0xffff);
	return len;
}
