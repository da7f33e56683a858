/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: the data thread, the core lock, interrupts.
 *
 * svnic_qemu.h explains the locks.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "hw/pci/msix.h"
#include "system/runstate.h"
#ifdef CONFIG_LINUX
#include <sys/prctl.h>
#endif

#include "svnic_qemu.h"

/* Number of frames to take from the wire before queues send again. */
#define SVNIC_WIRE_BURST 64
/* Interrupt moderation is in microseconds; the default slack is 50 us. */
#define SVNIC_TIMER_SLACK_NS 1000

/*
 * @thread.lock and the BQL are held. The data thread waits in
 * svnic_thread_call_bql(), so the call has the core for itself.
 */
static void svnic_thread_serve(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    if (!t->call) {
        return;
    }
    qemu_mutex_unlock(&t->lock);
    t->call(t->call_opaque);
    qemu_mutex_lock(&t->lock);
    t->call = NULL;
    qemu_cond_signal(&t->cond_thread);
}

static void svnic_thread_call_bh(void *opaque)
{
    SvnicState *s = opaque;

    svnic_thread_hold(s);
    WITH_QEMU_LOCK_GUARD(&s->thread.lock) {
        svnic_thread_serve(s);
    }
    svnic_thread_release(s);
}

/* Begins a time in which the holder of the BQL works for the NIC. */
void svnic_thread_hold(SvnicState *s)
{
    if (!s->hold.depth++) {
        s->hold.since = get_clock();
    }
}

/* Ends it. */
void svnic_thread_release(SvnicState *s)
{
    SvnicHold *hold = &s->hold;
    uint64_t ns;

    if (--hold->depth) {
        return;
    }
    ns = get_clock() - hold->since;
    hold->count++;
    hold->late += ns > SVNIC_HOLD_LATE_NS;
    hold->max_ns = MAX(hold->max_ns, ns);
}

/* Enter the core; for holders of the BQL. */
void svnic_thread_lock(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    g_assert(bql_locked());
    svnic_thread_hold(s);
    QEMU_LOCK_GUARD(&t->lock);
    g_assert(!t->bql_in);
    t->bql_waits = true;
    while (t->thread_in) {
        if (t->call) {
            svnic_thread_serve(s);
        } else {
            qemu_cond_wait(&t->cond_bql, &t->lock);
        }
    }
    t->bql_waits = false;
    t->bql_in = true;
}

static void svnic_thread_irq_send(SvnicState *s);

/* Leave the core, and send the interrupts it asked for. */
void svnic_thread_unlock(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    WITH_QEMU_LOCK_GUARD(&t->lock) {
        t->bql_in = false;
        qemu_cond_signal(&t->cond_thread);
    }
    svnic_thread_irq_send(s);
    svnic_thread_release(s);
}

/* Enter the core; for the data thread. False: the thread must end. */
static bool svnic_thread_enter(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    QEMU_LOCK_GUARD(&t->lock);
    while (!t->dead && (t->bql_in || t->bql_waits || !t->running)) {
        qemu_cond_wait(&t->cond_thread, &t->lock);
    }
    t->thread_in = !t->dead;
    return t->thread_in;
}

static void svnic_thread_leave(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    QEMU_LOCK_GUARD(&t->lock);
    t->thread_in = false;
    qemu_cond_signal(&t->cond_bql);
}

/* Call a function that needs the BQL; the caller is in the core. */
void svnic_thread_call_bql(SvnicState *s, SvnicCall *call, void *opaque)
{
    SvnicThread *t = &s->thread;

    if (bql_locked()) {
        call(opaque);
        return;
    }

    QEMU_LOCK_GUARD(&t->lock);
    t->call = call;
    t->call_opaque = opaque;
    if (t->bql_waits) {
        qemu_cond_signal(&t->cond_bql);
    } else {
        qemu_bh_schedule(t->bh);
    }
    while (t->call) {
        qemu_cond_wait(&t->cond_thread, &t->lock);
    }
}

/*
 * Wake the data thread; from any thread. Here kicked is set before asleep is
 * read. This pairs with svnic_thread_sleep(), which sets asleep before it reads
 * kicked.
 */
void svnic_thread_kick(void *opaque)
{
    SvnicState *s = opaque;
    SvnicThread *t = &s->thread;

    if (!qatomic_xchg(&t->kicked, true) && qatomic_read(&t->asleep)) {
        event_notifier_set(&t->wake);
    }
}

static void svnic_thread_sleep(SvnicState *s, uint64_t deadline)
{
    SvnicThread *t = &s->thread;
    GPollFD fd = {
        .fd = event_notifier_get_fd(&t->wake),
        .events = G_IO_IN,
    };
    int64_t timeout = -1;

    if (deadline != UINT64_MAX) {
        timeout = (int64_t)(deadline - get_clock());
        if (timeout <= 0) {
            return;
        }
    }
    qatomic_set(&t->asleep, true);
    smp_mb();
    if (!qatomic_read(&t->kicked)) {
        qemu_poll_ns(&fd, 1, timeout);
    }
    qatomic_set(&t->asleep, false);
    event_notifier_test_and_clear(&t->wake);
}

/* In the core. Returns the time when to call again. */
static uint64_t svnic_thread_work(SvnicState *s)
{
    SvnicThread *t = &s->thread;
    bool link = qatomic_read(&t->link);
    struct svnic_frame frame;
    bool more = false;
    uint64_t deadline;
    int i;

    if (link != t->link_shown) {
        t->link_shown = link;
        svnic_core_set_link(s->core, link);
    }
    for (i = 0; s->in && i < SVNIC_WIRE_BURST; i++) {
        if (!svnic_fifo_peek(s->in, &frame)) {
            break;
        }
        more = !svnic_core_wire_rx(s->core, &frame);
        if (more) {
            break;
        }
        svnic_fifo_pop(s->in);
    }
    deadline = svnic_core_run(s->core);
    return more || i == SVNIC_WIRE_BURST ? 0 : deadline;
}

static void *svnic_thread(void *opaque)
{
    SvnicState *s = opaque;
    SvnicThread *t = &s->thread;
    uint64_t deadline;

    rcu_register_thread();
#ifdef CONFIG_LINUX
    prctl(PR_SET_TIMERSLACK, SVNIC_TIMER_SLACK_NS);
#endif
    while (svnic_thread_enter(s)) {
        /* A kick from here on is for the next round. */
        qatomic_xchg(&t->kicked, false);
        deadline = svnic_thread_work(s);
        svnic_thread_leave(s);

        if (!bitmap_empty(t->irq_fns, SVNIC_FUNCTIONS)) {
            bql_lock();
            svnic_thread_hold(s);
            svnic_thread_irq_send(s);
            svnic_thread_release(s);
            bql_unlock();
        }
        if (deadline) {
            svnic_thread_sleep(s, deadline);
        }
    }
    bql_lock();
    object_unref(OBJECT(s));
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

static void svnic_thread_vm_change(void *opaque, bool running, RunState state)
{
    SvnicState *s = opaque;

    svnic_thread_lock(s);
    s->thread.running = running;
    svnic_thread_unlock(s);
    svnic_thread_kick(s);
}

/* Sets the link state of the wire; the data thread passes it to the core. */
void svnic_thread_set_link(SvnicState *s, bool up)
{
    qatomic_set(&s->thread.link, up);
    svnic_thread_kick(s);
}

/* Called by the core, with or without the BQL. */
void svnic_thread_irq(SvnicState *s, unsigned fn, unsigned vector)
{
    SvnicFunction *f = s->fns[fn];

    if (f) {
        qatomic_or(&f->irqs, 1ull << vector);
        set_bit_atomic(fn, s->thread.irq_fns);
    }
}

typedef struct SvnicClearCall {
    SvnicFunction *f;
    unsigned first;
} SvnicClearCall;

/* The BQL is held. */
static void svnic_thread_irq_clear_call(void *opaque)
{
    const SvnicClearCall *call = opaque;
    PCIDevice *dev = call->f->dev;
    unsigned i;

    if (!msix_present(dev)) {
        return;
    }
    for (i = call->first; i < dev->msix_entries_nr; i++) {
        qatomic_and(&call->f->irqs, ~(1ull << i));
        msix_clr_pending(dev, i);
    }
}

/*
 * Called by the core, with or without the BQL. Messages that were requested
 * before, and those that are pending, are not sent any more.
 */
void svnic_thread_irq_clear(SvnicState *s, unsigned fn, unsigned first)
{
    SvnicClearCall call = { .f = s->fns[fn], .first = first };

    if (call.f) {
        svnic_thread_call_bql(s, svnic_thread_irq_clear_call, &call);
    }
}

/* The BQL is held, and the caller is not in the core. */
static void svnic_thread_irq_send(SvnicState *s)
{
    unsigned long *fns = s->thread.irq_fns;
    unsigned long fn;

    for (fn = find_first_bit(fns, SVNIC_FUNCTIONS); fn < SVNIC_FUNCTIONS;
         fn = find_next_bit(fns, SVNIC_FUNCTIONS, fn + 1)) {
        SvnicFunction *f = s->fns[fn];
        uint64_t irqs;

        clear_bit_atomic(fn, fns);
        irqs = f ? qatomic_xchg(&f->irqs, 0) : 0;
        if (irqs && (!svnic_host_dma_may_master(f) || !msix_present(f->dev))) {
            continue;
        }
        for (; irqs; irqs &= irqs - 1) {
            msix_notify(f->dev, ctz64(irqs));
        }
    }
}

bool svnic_thread_start(SvnicState *s, Error **errp)
{
    SvnicThread *t = &s->thread;
    QemuThread thread;
    int ret;

    ret = event_notifier_init(&t->wake, false);
    if (ret) {
        error_setg_errno(errp, -ret, "svnic: no event notifier");
        return false;
    }
    t->dead = false;
    t->running = runstate_is_running();
    t->bh = qemu_bh_new(svnic_thread_call_bh, s);
    t->vmstate = qemu_add_vm_change_state_handler(svnic_thread_vm_change, s);

    /* A reference for the thread, since it is not joined. */
    object_ref(OBJECT(s));
    qemu_thread_create(&thread, "svnic-data", svnic_thread, s,
                       QEMU_THREAD_DETACHED);
    return true;
}

/*
 * On return the data thread is not in the core and does not enter it again. It
 * is not joined, since that could deadlock: the caller holds the BQL, and the
 * thread may wait for it.
 */
void svnic_thread_stop(SvnicState *s)
{
    SvnicThread *t = &s->thread;

    qemu_del_vm_change_state_handler(t->vmstate);
    svnic_thread_lock(s);
    t->dead = true;
    svnic_thread_unlock(s);
    svnic_thread_kick(s);
    qemu_bh_delete(t->bh);
}

void svnic_thread_finalize(SvnicState *s)
{
    if (s->thread.bh) {
        event_notifier_cleanup(&s->thread.wake);
    }
    qemu_cond_destroy(&s->thread.cond_bql);
    qemu_cond_destroy(&s->thread.cond_thread);
    qemu_mutex_destroy(&s->thread.lock);
}
