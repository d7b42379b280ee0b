package io.github.keyfob

import java.io.File
import java.lang.management.ManagementFactory
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertTrue

/** Codes are quick, and nothing is left behind: not by calls, not by objects that nobody closes. */
class MemoryTest {
    private val totp = Totp(secret())

    @Test
    fun `a million codes take no memory, and less than 20 microseconds each`() {
        generate(200_000) // until the compilers are done
        val before = resident()
        val began = spent()
        generate(1_000_000)
        val each = (spent() - began) / 1_000_000
        val grown = resident() - before
        println("1000000 codes: $each ns of this thread's time each, $grown KiB more in memory")
        assertTrue(grown < 20_000, "$grown KiB for a million codes")
        assertTrue(each < 20_000, "$each ns for a code")
    }

    @Test
    fun `objects that nobody closes are wiped when they are collected`() {
        create(150_000)
        val before = resident()
        create(300_000)
        val grown = resident() - before
        assertTrue(grown < 60_000, "$grown KiB for 300,000 secrets, of which each takes more than 256 bytes")
    }

    private fun generate(count: Int) {
        var sum = 0
        for (second in 0L until count) sum += totp.generate(Instant.ofEpochSecond(START + second)).length
        assertTrue(sum == 6 * count)
    }

    private fun create(count: Int) {
        val bytes = ByteArray(256) { it.toByte() }
        repeat(count) { Secret.fromBytes(bytes) }
        repeat(3) {
            System.gc()
            Thread.sleep(200)
        }
    }

    private fun spent() = ManagementFactory.getThreadMXBean().currentThreadCpuTime

    /** What the process holds, in KiB, the heap of Java and what is beside it. */
    private fun resident(): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter { it.isDigit() }.toLong()
    }
}
