/* Makes the disk under the database fail on demand. Loaded before libc (LD_PRELOAD);
 * while the file named by STORE_FAULTS holds "<call> <errno>", that call fails with it
 * for the files of the database. A mounted file system that is being written to cannot
 * be made read-only from outside; to the program this looks the same. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fault(const char *call, int fd) {
    const char *path = getenv("STORE_FAULTS");
    char text[64] = {0}, wanted[32] = {0}, link[64], name[4096] = {0};
    int number = 0, saved = errno;
    FILE *file = path ? fopen(path, "re") : NULL;
    if (file == NULL) {
        errno = saved;
        return 0;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    errno = saved;
    if (length == 0 || sscanf(text, "%31s %d", wanted, &number) != 2) return 0;
    if (strcmp(wanted, call) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, name, sizeof name - 1) < 0 || strstr(name, "keyfob.db") == NULL) return 0;
    errno = number;
    return 1;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (fault("write", fd)) return -1;
    return REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(fd, bytes, count, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    if (fault("write", fd)) return -1;
    return REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, bytes, count, at);
}
ssize_t write(int fd, const void *bytes, size_t count) {
    if (fault("write", fd)) return -1;
    return REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, count);
}
int ftruncate64(int fd, off64_t length) {
    if (fault("write", fd)) return -1;
    return REAL(int, ftruncate64, int, off64_t)(fd, length);
}
int fdatasync(int fd) {
    if (fault("sync", fd)) return -1;
    return REAL(int, fdatasync, int)(fd);
}
int fsync(int fd) {
    if (fault("sync", fd)) return -1;
    return REAL(int, fsync, int)(fd);
}
