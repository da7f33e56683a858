// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of a VF to the PF (section 8.3), valid except for selected errors */
#include <string.h>

#include <svnic/svnic_mbx.h>

#include "fuzz.h"

/* The error of a message; all other values of the byte: none. */
enum wrong {
	WRONG_LEN	= 0x01,	/* header says another length */
	WRONG_RSVD	= 0x02,	/* some byte of the header */
	WRONG_BODY	= 0x04,	/* some byte of the body */
	WRONG_SHORT	= 0x08,	/* bytes missing or too many */
	WRONG_ALL	= 0x10,	/* all of it */
};

/* One of few addresses, so that the same ones are used again. */
static void some_mac(struct input *in, uint8_t *mac)
{
	uint8_t pick = in8(in);

	memset(mac, 0, 6);
	switch (pick >> 5) {
	case 0:
		in_bytes(in, mac, 6);
		break;
	case 1:
		memset(mac, 0xff, 6);
		break;
	case 2:
		mac[0] = 1;
		mac[5] = pick & 0x1f;
		break;
	case 3:
		break;
	default:
		mac[0] = 2;
		mac[5] = pick & 0x1f;
	}
}

static size_t body_macs(struct input *in, uint8_t *body, unsigned int count)
{
	struct svnic_mbx_macs *macs = (void *)body;
	unsigned int i;

	macs->count = count;
	for (i = 0; i < count; i++)
		some_mac(in, macs->mac[i]);
	return sizeof(*macs) + count * sizeof(macs->mac[0]);
}

static size_t body_vlans(struct input *in, uint8_t *body)
{
	unsigned int i, count = 1 + in8(in) % SVNIC_MBX_VLANS_MAX;
	struct svnic_mbx_vlans *vlans = (void *)body;
	uint16_t first = in16(in);

	vlans->count = count;
	vlans->proto = first & 0x8000 ? 0x88a8 : 0x8100;
	for (i = 0; i < count; i++)
		vlans->vid[i] = first % 4100 + i;
	return sizeof(*vlans) + count * sizeof(vlans->vid[0]);
}

static size_t body(struct input *in, uint16_t opcode, uint8_t *p)
{
	uint32_t val;

	switch (opcode) {
	case SVNIC_MBX_VERSION:
		val = in8(in);
		((struct svnic_mbx_version *)p)->min = val & 0xf;
		((struct svnic_mbx_version *)p)->max = val >> 4;
		return sizeof(struct svnic_mbx_version);
	case SVNIC_MBX_SET_MAC:
		return body_macs(in, p, 1);
	case SVNIC_MBX_MAC_ADD:
	case SVNIC_MBX_MAC_DEL:
		return body_macs(in, p, 1 + in8(in) % SVNIC_MBX_MACS_MAX);
	case SVNIC_MBX_VLAN_ADD:
	case SVNIC_MBX_VLAN_DEL:
		return body_vlans(in, p);
	case SVNIC_MBX_RX_MODE:
		val = in8(in);
		((struct svnic_mbx_rx_mode *)p)->flags =
			val & 0x80 ? val : val & SVNIC_MBX_RX_FLAGS;
		return sizeof(struct svnic_mbx_rx_mode);
	case SVNIC_MBX_SET_MTU:
		((struct svnic_mbx_mtu *)p)->frame_max = in16(in);
		return sizeof(struct svnic_mbx_mtu);
	default:
		return in8(in) % 4 * 4;
	}
}

size_t message(struct input *in, uint8_t *buf)
{
	struct svnic_mbx_hdr *hdr = (void *)buf;
	uint8_t wrong = in8(in);
	uint8_t pick = in8(in);
	size_t len;

	memset(buf, 0, SVNIC_MBX_MSG_MAX);
	hdr->opcode = pick < 0xf0 ? pick % (SVNIC_MBX_OPCODES + 1) : in16(in);
	hdr->cookie = pick;
	len = sizeof(*hdr) + body(in, hdr->opcode, buf + sizeof(*hdr));
	hdr->len = len;

	switch (wrong) {
	case WRONG_LEN:
		hdr->len = in16(in);
		break;
	case WRONG_RSVD:
		buf[in8(in) % sizeof(*hdr)] = in8(in);
		break;
	case WRONG_BODY:
		buf[sizeof(*hdr) + in8(in) % (SVNIC_MBX_MSG_MAX -
					     sizeof(*hdr))] = in8(in);
		break;
	case WRONG_SHORT:
		len = in16(in) % (SVNIC_MBX_MSG_MAX + 1);
		if (in8(in) & 1)
			hdr->len = len;
		break;
	case WRONG_ALL:
		len = in16(in) % (SVNIC_MBX_MSG_MAX + 1);
		in_bytes(in, buf, len);
		break;
	}
	return len;
}
