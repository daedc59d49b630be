/* Counts the system calls by which a process changes files. At a chosen one it kills the process, or from there on lets
 * the disk be full.
 *
 * Loaded with LD_PRELOAD. A seccomp filter turns those calls into SIGSYS, and the handler carries them out. Nothing gets
 * past it: neither libraries that bypass libc, nor threads. Linux on x86-64 and 64-bit ARM.
 *
 * HEBB_FAULTS_REPORT  file that receives a `struct report`; it is complete whenever the process dies
 * HEBB_FAULTS_KILL    number of the call at which the process is killed, from 1; half of a write is carried out
 * HEBB_FAULTS_FULL    number of the call from which on calls that take space fail with ENOSPC
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

struct report {
    uint64_t calls;       /* number of calls that change files */
    uint64_t is_hit;      /* whether the chosen call was reached */
    char what[16];        /* name of that call */
    char path[4064];      /* the file or folder that it changes */
};

static struct report *report;
static uint64_t kill_at = UINT64_MAX, full_from = UINT64_MAX;

enum target { FD, PATH };

/* A system call that changes files. */
struct call {
    long number;
    const char *name;
    enum target target;
    int argument;         /* which argument names the file */
    int takes_space;
};

static const struct call CALLS[] = {
    {SYS_write, "write", FD, 0, 1},
    {SYS_pwrite64, "write", FD, 0, 1},
    {SYS_writev, "write", FD, 0, 1},
    {SYS_pwritev, "write", FD, 0, 1},
    {SYS_copy_file_range, "copy", FD, 2, 1},
    {SYS_sendfile, "copy", FD, 0, 1},
    {SYS_fallocate, "allocate", FD, 0, 1},
    {SYS_ftruncate, "truncate", FD, 0, 0},
    {SYS_fsync, "sync", FD, 0, 0},
    {SYS_fdatasync, "sync", FD, 0, 0},
    {SYS_openat, "create", PATH, 1, 1},
    {SYS_mkdirat, "mkdir", PATH, 1, 1},
    {SYS_unlinkat, "delete", PATH, 1, 0},
    {SYS_symlinkat, "link", PATH, 2, 1},
    {SYS_linkat, "link", PATH, 3, 1},
#ifdef SYS_renameat
    {SYS_renameat, "rename", PATH, 3, 0},
#endif
    {SYS_renameat2, "rename", PATH, 3, 0},
#ifdef __x86_64__
    {SYS_open, "create", PATH, 0, 1},
    {SYS_creat, "create", PATH, 0, 1},
    {SYS_mkdir, "mkdir", PATH, 0, 1},
    {SYS_rmdir, "delete", PATH, 0, 0},
    {SYS_unlink, "delete", PATH, 0, 0},
    {SYS_symlink, "link", PATH, 1, 1},
    {SYS_link, "link", PATH, 1, 1},
    {SYS_rename, "rename", PATH, 1, 0},
#endif
};
enum { COUNT = sizeof CALLS / sizeof *CALLS };

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define ARGUMENT(context, n) ((long)(context)->uc_mcontext.gregs[(int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9}[n]])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
__asm__(".text\n"
        "raw_call:\n"     /* raw_call(number, arguments): the filter lets this instruction through */
        "  movq %rdi, %rax\n"
        "  movq %rsi, %r11\n"
        "  movq 0(%r11), %rdi\n"
        "  movq 8(%r11), %rsi\n"
        "  movq 16(%r11), %rdx\n"
        "  movq 24(%r11), %r10\n"
        "  movq 32(%r11), %r8\n"
        "  movq 40(%r11), %r9\n"
        "  syscall\n"
        "after_raw_call:\n"
        "  ret\n");
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define ARGUMENT(context, n) ((long)(context)->uc_mcontext.regs[n])
#define RESULT(context) ((context)->uc_mcontext.regs[0])
__asm__(".text\n"
        "raw_call:\n"
        "  mov x8, x0\n"
        "  mov x9, x1\n"
        "  ldp x0, x1, [x9]\n"
        "  ldp x2, x3, [x9, 16]\n"
        "  ldp x4, x5, [x9, 32]\n"
        "  svc 0\n"
        "after_raw_call:\n"
        "  ret\n");
#else
#error "only x86-64 and 64-bit ARM"
#endif
long raw_call(long number, const long arguments[6]) __attribute__((visibility("hidden")));
extern const char after_raw_call[] __attribute__((visibility("hidden")));

static long call(long number, long a, long b, long c, long d) {
    long arguments[6] = {a, b, c, d, 0, 0};
    return raw_call(number, arguments);
}

static int is_regular(long fd) {
    struct stat about;
    return call(SYS_fstat, fd, (long)&about, 0, 0) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

static int is_new(long folder, const char *path) {
    return call(SYS_faccessat, folder, (long)path, F_OK, 0) == -ENOENT;
}

static void note(const struct call *what, const long arguments[6]) {
    if (report->is_hit) return;
    strcpy(report->what, what->name);
    if (what->target == PATH) {
        strncpy(report->path, (const char *)arguments[what->argument], sizeof report->path - 1);
    } else {
        char link[32] = "/proc/self/fd/";
        char digits[12];
        int count = 0, end = 14;
        long fd = arguments[what->argument];
        do digits[count++] = '0' + fd % 10; while (fd /= 10);
        while (count) link[end++] = digits[--count];
        long length = call(SYS_readlinkat, AT_FDCWD, (long)link, (long)report->path, sizeof report->path - 1);
        if (length >= 0) report->path[length] = 0;
    }
    report->is_hit = 1;
}

/* Carries out the first half of a write. */
static void write_half(long number, const long arguments[6]) {
    long half[6];
    memcpy(half, arguments, sizeof half);
    half[2] /= 2;
    if ((number == SYS_write || number == SYS_pwrite64) && half[2] > 0) raw_call(number, half);
}

static long changed(const struct call *what, const long arguments[6]) {
    uint64_t number = __atomic_add_fetch(&report->calls, 1, __ATOMIC_SEQ_CST);
    if (number == kill_at) {
        note(what, arguments);
        write_half(what->number, arguments);
        call(SYS_kill, call(SYS_getpid, 0, 0, 0, 0), SIGKILL, 0, 0);
    }
    if (number >= full_from && what->takes_space) {
        int is_open = what->number == SYS_openat;
        long folder = is_open ? arguments[0] : AT_FDCWD;
        int is_create = strcmp(what->name, "create") == 0;
        /* An existing file can be opened on a full disk. */
        if (!is_create || is_new(folder, (const char *)arguments[what->argument])) {
            note(what, arguments);
            return -ENOSPC;
        }
    }
    return raw_call(what->number, arguments);
}

static void on_call(int signal, siginfo_t *info, void *data) {
    (void)signal;
    ucontext_t *context = data;
    long arguments[6];
    for (int n = 0; n < 6; n++) arguments[n] = ARGUMENT(context, n);
    for (int n = 0; n < COUNT; n++) {
        const struct call *what = &CALLS[n];
        if (what->number != info->si_syscall) continue;
        int is_file = what->target == PATH || is_regular(arguments[what->argument]);
        RESULT(context) = is_file ? changed(what, arguments) : raw_call(what->number, arguments);
        return;
    }
    RESULT(context) = -ENOSYS;
}

static void fail(const char *what) {
    perror(what);
    _exit(99);
}

static uint64_t number_of(const char *name) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : UINT64_MAX;
}

static void install(void) {
    struct sock_filter code[32 + 2 * COUNT];
    int size = 0;
    uint64_t after = (uint64_t)(uintptr_t)after_raw_call;
#define LOAD(field) code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_HIGH(field) code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define JUMP(kind, value, yes, no) code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | kind | BPF_K, (uint32_t)(value), yes, no)
#define RETURN(value) code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value)
    LOAD(arch);
    JUMP(BPF_JEQ, ARCH, 1, 0);
    RETURN(SECCOMP_RET_ALLOW);
    LOAD(instruction_pointer);
    JUMP(BPF_JEQ, after, 0, 3);
    LOAD_HIGH(instruction_pointer);
    JUMP(BPF_JEQ, after >> 32, 0, 1);
    RETURN(SECCOMP_RET_ALLOW);
    LOAD(nr);
    /* Opening counts if it may create or empty a file. */
    JUMP(BPF_JEQ, SYS_openat, 0, 4);
    LOAD(args[2]);
    JUMP(BPF_JSET, O_CREAT | O_TRUNC, 0, 1);
    RETURN(SECCOMP_RET_TRAP);
    RETURN(SECCOMP_RET_ALLOW);
#ifdef __x86_64__
    JUMP(BPF_JEQ, SYS_open, 0, 4);
    LOAD(args[1]);
    JUMP(BPF_JSET, O_CREAT | O_TRUNC, 0, 1);
    RETURN(SECCOMP_RET_TRAP);
    RETURN(SECCOMP_RET_ALLOW);
#endif
    for (int n = 0; n < COUNT; n++) {
        JUMP(BPF_JEQ, CALLS[n].number, 0, 1);
        RETURN(SECCOMP_RET_TRAP);
    }
    RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = size, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("faults: no_new_privs");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) fail("faults: seccomp");
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("HEBB_FAULTS_REPORT");
    if (!path) return;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof *report)) fail(path);
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (report == MAP_FAILED) fail(path);
    close(fd);
    kill_at = number_of("HEBB_FAULTS_KILL");
    full_from = number_of("HEBB_FAULTS_FULL");
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &action, NULL)) fail("faults: sigaction");
    install();
}
