// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: MSI-X vectors (spec 7). Vector 0 signals events, the others signal
 * queues.
 *
 * Vector 0 is allocated when a function comes up. All others are allocated when
 * its interface is opened and freed when it is closed, because a host may have
 * fewer vectors than 248 VFs could use. If there are still too few, the queues
 * share vector 0 with the event ring. If even vector 0 is missing, the service
 * work polls the event ring until the interface is opened.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/skbuff.h>

#include "libsvnic_priv.h"

/* No frame has more descriptors. */
#define LIBSVNIC_TX_LONG	(MAX_SKB_FRAGS + 15)

static_assert(LIBSVNIC_TX_LONG <= LIBSVNIC_RING_MIN);

static irqreturn_t libsvnic_event_irq(int irq, void *data)
{
	struct libsvnic_fn *fn = data;

	libsvnic_evq_poll(fn);
	return IRQ_HANDLED;
}

static irqreturn_t libsvnic_vector_irq(int irq, void *data)
{
	struct libsvnic_vector *vector = data;

	napi_schedule_irqoff(&vector->napi);
	return IRQ_HANDLED;
}

static int libsvnic_event_irq_request(struct libsvnic_fn *fn)
{
	int err;

	snprintf(fn->event_name, sizeof(fn->event_name), "svnic-event-%s",
		 pci_name(fn->pdev));
	err = request_irq(pci_irq_vector(fn->pdev, 0), libsvnic_event_irq,
			  IRQF_SHARED, fn->event_name, fn);
	if (err)
		return err;
	set_bit(LIBSVNIC_EVENT_IRQ, fn->flags);
	/* Earlier events do not raise another interrupt. */
	libsvnic_evq_poll(fn);
	return 0;
}

static void libsvnic_event_irq_free(struct libsvnic_fn *fn)
{
	if (test_and_clear_bit(LIBSVNIC_EVENT_IRQ, fn->flags))
		free_irq(pci_irq_vector(fn->pdev, 0), fn);
}

/*
 * Free all vectors and allocate @nvec. Only vector 0 may be in use. If it is
 * lost, the service work polls the event ring.
 */
static int libsvnic_irq_realloc(struct libsvnic_fn *fn, unsigned int nvec)
{
	bool event_irq = test_bit(LIBSVNIC_EVENT_IRQ, fn->flags);
	struct pci_dev *pdev = fn->pdev;
	unsigned int had = fn->nvec;
	int err;

	libsvnic_event_irq_free(fn);
	if (had)
		pci_free_irq_vectors(pdev);
	fn->nvec = 0;
	err = pci_alloc_irq_vectors(pdev, nvec, nvec, PCI_IRQ_MSIX);
	if (err > 0)
		fn->nvec = nvec;
	else if (had && pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX) == 1)
		fn->nvec = 1;
	if (event_irq && fn->nvec)
		libsvnic_event_irq_request(fn);
	return min(err, 0);
}

/**
 * libsvnic_irq_grow - allocate MSI-X vectors up to a number
 * @fn: function
 * @nvec: vectors wanted, vector 0 included
 *
 * Vectors in use are not touched if the interrupt controller supports adding
 * vectors. Otherwise all vectors are reallocated, which is possible only while
 * no vector but vector 0 is in use.
 *
 * Context: process, instance lock held or netdev not registered.
 * Return: 0, -EBUSY if vectors are in use and none can be added, or -errno. On
 * error there are as many vectors as before.
 */
int libsvnic_irq_grow(struct libsvnic_fn *fn, unsigned int nvec)
{
	struct pci_dev *pdev = fn->pdev;
	unsigned int had = fn->nvec;
	struct msi_map map;

	if (nvec <= had)
		return 0;

	if (had && pci_msix_can_alloc_dyn(pdev)) {
		for (; fn->nvec < nvec; fn->nvec++) {
			map = pci_msix_alloc_irq_at(pdev, fn->nvec, NULL);
			if (map.index < 0) {
				libsvnic_irq_shrink(fn, had);
				return map.index;
			}
		}
		return 0;
	}

	/* Running queues have vectors in use, or share vector 0. */
	return fn->state == LIBSVNIC_UP ? -EBUSY :
					  libsvnic_irq_realloc(fn, nvec);
}

/**
 * libsvnic_irq_shrink - free MSI-X vectors down to a number
 * @fn: function
 * @nvec: vectors to keep; the handlers of all others have been freed
 *
 * If single vectors cannot be freed, all are kept while a queue pair uses any.
 *
 * Context: process, instance lock held or netdev not registered.
 */
void libsvnic_irq_shrink(struct libsvnic_fn *fn, unsigned int nvec)
{
	struct pci_dev *pdev = fn->pdev;
	struct msi_map map;

	if (fn->nvec <= nvec)
		return;
	if (!nvec) {
		pci_free_irq_vectors(pdev);
		fn->nvec = 0;
		return;
	}
	if (!pci_msix_can_alloc_dyn(pdev)) {
		if (nvec == 1)
			libsvnic_irq_realloc(fn, 1);
		return;
	}
	while (fn->nvec > nvec) {
		map.index = --fn->nvec;
		map.virq = pci_irq_vector(pdev, map.index);
		pci_msix_free_irq(pdev, map);
	}
}

/**
 * libsvnic_event_irq_setup - allocate vector 0 and request its interrupt
 * @fn: function
 *
 * Context: process, instance lock held, or as libsvnic_fn_up().
 * Return: 0, or -errno if no vector is left and events have to be polled.
 */
int libsvnic_event_irq_setup(struct libsvnic_fn *fn)
{
	unsigned int had = fn->nvec;
	int err;

	if (test_bit(LIBSVNIC_EVENT_IRQ, fn->flags))
		return 0;
	err = libsvnic_irq_grow(fn, 1);
	if (err)
		return err;
	err = libsvnic_event_irq_request(fn);
	if (err)
		libsvnic_irq_shrink(fn, had);
	return err;
}

/**
 * libsvnic_event_irq_teardown - free vector 0, after all others
 * @fn: function
 *
 * Context: as libsvnic_event_irq_setup().
 */
void libsvnic_event_irq_teardown(struct libsvnic_fn *fn)
{
	libsvnic_event_irq_free(fn);
	libsvnic_irq_shrink(fn, 0);
}

/**
 * libsvnic_vectors - number of vectors that poll the queues of an interface
 * @pairs: pairs of queues, 1 or more
 * @nvec: MSI-X vectors allocated, 1 or more
 *
 * A vector may poll several pairs.
 *
 * Return: number of struct libsvnic_vector, 1 or more.
 */
unsigned int libsvnic_vectors(unsigned int pairs, unsigned int nvec)
{
	return clamp(nvec - 1, 1U, pairs);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vectors);

/**
 * libsvnic_vector_of - which vector polls a queue
 * @queue: number of the queue; a transmit and a receive queue of the same
 *	number have the same vector, because the device has one register for
 *	both
 * @vectors: number of vectors, from libsvnic_vectors()
 *
 * Return: number of the vector.
 */
unsigned int libsvnic_vector_of(unsigned int queue, unsigned int vectors)
{
	return queue % vectors;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_of);

/**
 * libsvnic_vector_msix - which MSI-X vector a vector uses
 * @index: number of the vector
 * @nvec: MSI-X vectors allocated, 1 or more
 *
 * Return: MSI-X vector; 0, that of the event ring, if there is no other.
 */
unsigned int libsvnic_vector_msix(unsigned int index, unsigned int nvec)
{
	return min(index + 1, nvec - 1);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_msix);

/**
 * libsvnic_vector_irq_request - request the interrupt of a vector
 * @vector: vector whose NAPI is added
 *
 * Context: process, instance lock held.
 * Return: 0 or -errno.
 */
int libsvnic_vector_irq_request(struct libsvnic_vector *vector)
{
	struct libsvnic_fn *fn = vector->fn;
	int irq, err;

	vector->msix = libsvnic_vector_msix(vector->index, fn->nvec);
	irq = pci_irq_vector(fn->pdev, vector->msix);
	snprintf(vector->irq_name, sizeof(vector->irq_name), "%s-%u",
		 fn->netdev->name, vector->index);
	err = request_irq(irq, libsvnic_vector_irq,
			  vector->msix ? 0 : IRQF_SHARED, vector->irq_name,
			  vector);
	if (err)
		return err;
	netif_napi_set_irq_locked(&vector->napi, irq);
	return 0;
}

/**
 * libsvnic_vector_irq_free - opposite of libsvnic_vector_irq_request()
 * @vector: vector
 *
 * Context: process, instance lock held.
 */
void libsvnic_vector_irq_free(struct libsvnic_vector *vector)
{
	netif_napi_set_irq_locked(&vector->napi, -1);
	free_irq(pci_irq_vector(vector->fn->pdev, vector->msix), vector);
}

static u32 libsvnic_moderation(const struct libsvnic_coalesce *coalesce)
{
	return coalesce->usecs |
	       (u32)coalesce->frames << SVNIC_MODERATION_FRAMES_SHIFT;
}

/**
 * libsvnic_moderation_write - program the interrupt moderation
 * @fn: enabled function
 * @queues: queues that run or are about to be started
 *
 * Vector 0 is not moderated, because callers wait for events.
 *
 * Context: process, instance lock held.
 */
void libsvnic_moderation_write(struct libsvnic_fn *fn,
			       const struct libsvnic_queues *queues)
{
	struct libsvnic_coalesce tx = fn->coalesce_tx;
	unsigned int vector;
	u32 rx_val, tx_val;

	if (!libsvnic_has(fn, SVNIC_F_MODERATION))
		return;
	/* Interrupt before a ring is full of long frames. */
	tx.frames = min_not_zero(tx.frames,
				 queues->cfg.tx_size / LIBSVNIC_TX_LONG);
	rx_val = libsvnic_moderation(&fn->coalesce_rx);
	tx_val = libsvnic_moderation(&tx);
	for (vector = 1; vector <= queues->vectors; vector++) {
		libsvnic_wr(fn, SVNIC_REG_MODERATION_RX + 4 * vector, rx_val);
		libsvnic_wr(fn, SVNIC_REG_MODERATION_TX + 4 * vector, tx_val);
	}
}
