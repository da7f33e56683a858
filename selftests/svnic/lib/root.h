/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of a device used by root, through sysfs and without a driver: in a
 * guest without an IOMMU, addresses of DMA are physical addresses. An error
 * ends the program with a message that names the object.
 */
#ifndef SVNIC_TEST_ROOT_H
#define SVNIC_TEST_ROOT_H

#include <sys/stat.h>

#include "vfio.h"

#define ROOT_PAGE	(2u << 20)	/* the memory that there is */
#define ROOT_PAGEMAP_FN	((1ull << 55) - 1)
#define ROOT_PAGEMAP_PRESENT	(1ull << 63)

static int root_open(const char *bdf, const char *name, int mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	fd = open(path, mode);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void root_write(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		err(1, "write of %s", text);
	close(fd);
}

/* FLR, by the kernel. */
static void root_reset(const char *bdf)
{
	root_write(root_open(bdf, "reset", O_WRONLY), "1");
}

/* Resets the function, enables memory, and bus mastering if @master. */
static void root_take_device(const char *bdf, bool master)
{
	int config = root_open(bdf, "config", O_RDWR);
	uint16_t command;

	root_reset(bdf);
	if (pread(config, &command, 2, PCI_COMMAND) != 2)
		err(1, "%s: configuration space", bdf);
	command |= PCI_COMMAND_MEMORY;
	if (master)
		command |= PCI_COMMAND_MASTER;
	else
		command &= ~PCI_COMMAND_MASTER;
	if (pwrite(config, &command, 2, PCI_COMMAND) != 2)
		err(1, "%s: configuration space", bdf);
	close(config);
}

static struct vfio_bar root_map_bar(const char *bdf, unsigned int index)
{
	struct vfio_bar bar;
	struct stat stat;
	char name[16];
	void *at;
	int fd;

	snprintf(name, sizeof(name), "resource%u", index);
	fd = root_open(bdf, name, O_RDWR);
	if (fstat(fd, &stat))
		err(1, "%s: BAR %u", bdf, index);
	bar.size = stat.st_size;
	at = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		err(1, "%s: mmap of BAR %u", bdf, index);
	bar.at = at;
	close(fd);
	return bar;
}

/* A huge page; @iova is its address for devices. */
static uint8_t *root_map_memory(uint64_t *iova)
{
	int fd = open("/proc/sys/vm/nr_hugepages", O_WRONLY);
	uint64_t entry;
	uint8_t *mem;

	if (fd < 0)
		err(1, "nr_hugepages");
	root_write(fd, "1");
	mem = mmap(NULL, ROOT_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE,
		   -1, 0);
	if (mem == MAP_FAILED)
		err(1, "huge page");
	fd = open("/proc/self/pagemap", O_RDONLY);
	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)mem /
			    sysconf(_SC_PAGESIZE) * sizeof(entry)) !=
	    sizeof(entry) || !(entry & ROOT_PAGEMAP_PRESENT))
		err(1, "pagemap");
	close(fd);
	*iova = (entry & ROOT_PAGEMAP_FN) * sysconf(_SC_PAGESIZE);
	return mem;
}

#endif
