package io.github.keyfob

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** Which of several sealing keys seals, and which open. */
class KeysTest {
    private val clock = MovingClock()
    private val first = mapOf(1u to ByteArray(32) { 78 })
    private val both = first + mapOf(2u to ByteArray(32) { 79 })

    private fun keys(sealing: Map<UInt, ByteArray>) = Keys(ByteArray(32) { 77 }, sealing)

    /** As often as it takes to meet every order that a map may come in. */
    @Test
    fun `after a rotation the key with the highest number seals, in whatever order they come`() {
        for (round in 1..40) {
            val numbers = Numbers(MemoryStorage())
            Service(keys(if (round % 2 == 0) both else both.toSortedMap(reverseOrder())), numbers, clock = clock)
                .createDomain("Example Bank")
            assertEquals(setOf(2), numbers.seen, "round $round")
        }
    }

    @Test
    fun `what was sealed before a rotation opens after it`() {
        val numbers = Numbers(MemoryStorage())
        val domain = Service(keys(first), numbers, clock = clock).createDomain("Example Bank")
        assertEquals(setOf(1), numbers.seen)
        val rotated = Service(keys(both), numbers, clock = clock)
        assertEquals("Example Bank", rotated.viewDomain(domain).name)
        rotated.changeDomain(domain, DomainChange(TextEdit.Set("New Bank")))
        assertEquals(setOf(1, 2), numbers.seen)
    }

    @Test
    fun `keys that were kept are those that were made`() {
        val kept = keys(both)
        val again = Keys(kept.exposeRoot(), kept.exposeSealing())
        assertTrue(both.all { (number, key) -> key.contentEquals(again.exposeSealing()[number]) })
    }
}

/** Notes the numbers of the keys that records were sealed under: four bytes after that of the format. */
private class Numbers(private val storage: Storage) : Storage by storage {
    val seen = mutableSetOf<Int>()

    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean {
        if (record != null) seen += ByteBuffer.wrap(record.data).order(ByteOrder.LITTLE_ENDIAN).getInt(1)
        return storage.swap(key, expected, record, now)
    }
}
