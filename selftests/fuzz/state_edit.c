// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes of a saved state. Most inputs that are not made of a saved state fail
 * at the first header. So an input tells what to change in one: bytes of an
 * entry's body, with all headers right, or the entries themselves.
 */
#include "state.h"

#define HEAD	sizeof(struct svnic_tlv)
#define EDITS	4

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* Where the entry at @at and its padding end; for a wrong one the list's end */
static size_t entry_end(const struct state *state, size_t at)
{
	struct svnic_tlv tlv;

	if (state->len - at < HEAD)
		return state->len;
	memcpy(&tlv, state->data + at, HEAD);
	if (tlv.len > state->len - at - HEAD ||
	    padded(tlv.len) > state->len - at - HEAD)
		return state->len;
	return at + HEAD + padded(tlv.len);
}

static size_t entry_at(const struct state *state, unsigned int n)
{
	size_t at = 0, end;

	while (n--) {
		end = entry_end(state, at);
		if (end == state->len)
			break;
		at = end;
	}
	return at;
}

/* Replaces @len bytes at @at by @new ones; what is new is zero. */
static void resize(struct state *state, size_t at, size_t len, size_t new)
{
	size_t rest = state->len - at - len;

	if (at + new + rest > STATE_MAX)
		return;
	memmove(state->data + at + new, state->data + at + len, rest);
	if (new > len)
		memset(state->data + at + len, 0, new - len);
	state->len = at + new + rest;
}

static uint64_t changed(struct input *in, uint64_t old)
{
	uint8_t pick = in8(in);

	switch (pick >> 5) {
	case 0:
		return old ^ 1ULL << pick % 32;
	case 1:
		return old + (pick & 1 ? 1 : -1) * (1ULL << (pick >> 1) % 16);
	case 2:
		return pick & 31;
	case 3:
		return pick & 1 ? ~0ULL : 0;
	case 4:
		return MEM_BASE + in16(in) * 64ULL;
	case 5:
		return 1ULL << pick % 32;
	default:
		return in64(in);
	}
}

/* A number in the body, at any byte. */
static void edit_number(struct input *in, struct state *state, size_t at,
			size_t end)
{
	size_t width = 1u << (in8(in) & 3), body = end - at;
	uint64_t val = 0;

	if (body <= HEAD)
		return;
	at += HEAD + in16(in) % (body - HEAD);
	if (width > state->len - at)
		width = state->len - at;
	memcpy(&val, state->data + at, width);
	val = changed(in, val);
	memcpy(state->data + at, &val, width);
}

/* Many bytes of the body. */
static void edit_bytes(struct input *in, struct state *state, size_t at,
		       size_t end)
{
	size_t len = 1 + in8(in) % 48;

	if (end - at <= HEAD)
		return;
	at += HEAD + in16(in) % (end - at - HEAD);
	in_bytes(in, state->data + at, len < end - at ? len : end - at);
}

static void edit_header(struct input *in, struct state *state, size_t at,
			size_t end)
{
	struct svnic_tlv tlv;
	uint8_t pick = in8(in);

	if (end - at < HEAD)
		return;
	memcpy(&tlv, state->data + at, HEAD);
	switch (pick & 3) {
	case 0:
		tlv.type = pick >> 2;
		break;
	case 1:
		tlv.version = pick >> 2;
		break;
	case 2:
		tlv.len += (int8_t)in8(in);
		break;
	default:
		tlv.len = in32(in);
	}
	memcpy(state->data + at, &tlv, HEAD);
}

/* A longer or shorter body, with the right length and padding */
static void edit_length(struct input *in, struct state *state, size_t at,
			size_t end)
{
	uint8_t len = in8(in);
	struct svnic_tlv tlv;

	if (end - at < HEAD)
		return;
	memcpy(&tlv, state->data + at, HEAD);
	tlv.len = len & 0x80 ? tlv.len + len % 64 : tlv.len - len % 64;
	if (tlv.len > STATE_MAX)
		return;
	memcpy(state->data + at, &tlv, HEAD);
	resize(state, at + HEAD, end - at - HEAD, padded(tlv.len));
}

static void edit_entry(struct input *in, struct state *state, size_t at,
		       size_t end)
{
	static uint8_t copy[STATE_MAX];
	size_t len = end - at, to;

	memcpy(copy, state->data + at, len);
	switch (in8(in) % 3) {
	case 0:		/* absent */
		resize(state, at, len, 0);
		return;
	case 1:		/* twice */
		to = entry_at(state, in8(in) % 16);
		break;
	default:	/* elsewhere */
		resize(state, at, len, 0);
		to = entry_at(state, in8(in) % 16);
	}
	if (state->len + len > STATE_MAX)
		return;
	resize(state, to, 0, len);
	memcpy(state->data + to, copy, len);
}

static void edit_end(struct input *in, struct state *state)
{
	uint8_t pick = in8(in);
	size_t len = in16(in);

	if (pick & 1)
		len = len % (state->len + 1);
	else
		len = state->len + len % 64;
	if (len > STATE_MAX)
		return;
	if (len > state->len)
		in_bytes(in, state->data + state->len, len - state->len);
	state->len = len;
}

static void edit(struct input *in, struct state *state)
{
	uint8_t pick = in8(in);
	size_t at = entry_at(state, pick % 16), end = entry_end(state, at);

	switch (pick >> 4) {
	case 0:
		edit_header(in, state, at, end);
		break;
	case 1:
		edit_length(in, state, at, end);
		break;
	case 2:
		edit_entry(in, state, at, end);
		break;
	case 3:
		edit_end(in, state);
		break;
	case 4 ... 5:
		edit_bytes(in, state, at, end);
		break;
	default:
		edit_number(in, state, at, end);
	}
}

void state_edit(struct input *in, struct state *state)
{
	uint8_t pick = in8(in);
	unsigned int n;

	if (pick == 0xff) {	/* nothing of the saved state */
		state->len = in8(in) * 4;
		in_bytes(in, state->data, state->len);
		return;
	}
	for (n = pick % EDITS; n < EDITS && in->left; n++)
		edit(in, state);
}
