# SPDX-License-Identifier: GPL-2.0-only
#
# Two halves. kbuild reads the first, out of tree (make modules KDIR=...) and in
# tree (as drivers/net/ethernet/svnic). People read the second.

ifneq ($(KERNELRELEASE),)

# ---- kbuild ----

subdir-ccflags-y += -I$(src)/uapi

obj-$(CONFIG_SVNIC_LIB) += lib/
obj-$(CONFIG_SVNIC) += pf/
obj-$(CONFIG_SVNICVF) += vf/

else

# ---- people ----

KDIR ?= /lib/modules/$(shell uname -r)/build
# Kconfig is not asked out of tree: everything is a module
CONFIGS := CONFIG_SVNIC_LIB=m CONFIG_SVNIC=m CONFIG_SVNICVF=m
KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR) $(CONFIGS)

LAB := selftests/lab/lab
KERNEL ?= newest
NIC ?= svnic
LAB_OPTIONS = --kernel $(KERNEL) --nic $(NIC) $(if $(OUT),--out "$(OUT)")

.PHONY: modules install clean help lab-run lab-shell lab-build

modules:
	$(KBUILD) modules

install: modules
	$(KBUILD) modules_install
	depmod -a

clean:
	$(KBUILD) clean

lab-run:
	$(if $(SCRIPT),,$(error name a script: make lab-run SCRIPT=FILE))
	@$(LAB) run $(LAB_OPTIONS) "$(SCRIPT)" $(ARGS)

lab-shell:
	@$(LAB) shell $(LAB_OPTIONS)

lab-build:
	@$(LAB) build --kernel $(KERNEL)

help:
	@echo 'make modules [KDIR=DIR]   build the drivers for a kernel (default: the one that runs)'
	@echo 'make install [KDIR=DIR]   and install them'
	@echo 'make lab-run SCRIPT=FILE [KERNEL=newest|stable] [OUT=DIR] [NIC=svnic|igb]'
	@echo '                          boot the lab host, run FILE as root in it (as root)'
	@echo 'make lab-shell            boot the lab host, be root in it (as root)'
	@echo 'make lab-build            only build what the lab needs (as root)'

endif
