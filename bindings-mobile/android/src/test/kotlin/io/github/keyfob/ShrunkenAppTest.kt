package io.github.keyfob

import com.android.tools.r8.R8
import com.android.tools.r8.R8Command
import com.android.tools.r8.origin.Origin
import java.io.File
import java.time.Clock
import java.time.Instant
import java.time.ZoneOffset
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder

/** R8 drops and renames what nothing names; the rules in the AAR keep what is found by name. */
class ShrunkenAppTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val path = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it) }

    @Test
    fun `an app that R8 has shrunk works`() {
        assertEquals(RIGHT, ran(shrunk("consumer-rules.pro")))
    }

    /** The control: if it passed, the test above would show nothing. */
    @Test
    fun `without the rules it does not`() {
        assertNotEquals(RIGHT, ran(shrunk()))
    }

    /** The app and what it carries, as one jar. */
    private fun shrunk(vararg rules: String): File {
        val main = folder.newFile("main.pro").apply {
            writeText("-keep class ${App::class.java.name} { public static void main(java.lang.String[]); }\n-dontoptimize\n")
        }
        val classes = File(App::class.java.protectionDomain.codeSource.location.toURI())
        val app = classes.walk().filter { it.name.startsWith("App") && it.extension == "class" && "Test" !in it.name }
        val program = app.toList() + jars("keyfob-0", "jna-5")
        val beside = jars("kotlin-stdlib-2", "kotlinx-coroutines-core-jvm", "annotations-13")
        val out = folder.root.resolve("app-${rules.size}.jar")
        val words = mutableListOf("--classfile", "--release", "--output", out.path, "--lib", System.getProperty("java.home"))
        for (file in listOf(main.path) + rules) words.addAll(listOf("--pg-conf", file))
        for (jar in beside) words.addAll(listOf("--classpath", jar.path))
        R8.run(R8Command.parse((words + program.map { it.path }).toTypedArray(), Origin.unknown()).build())
        return out
    }

    private fun ran(app: File): String {
        val path = listOf(app) + jars("kotlin-stdlib-2", "kotlinx-coroutines-core-jvm")
        val java = File(System.getProperty("java.home"), "bin/java").path
        val words = listOf(java, "-cp", path.joinToString(File.pathSeparator), App::class.java.name, folder.root.path)
        return ProcessBuilder(words).redirectErrorStream(true).start().inputStream.readBytes().toString(Charsets.UTF_8).trim()
    }

    private fun jars(vararg names: String): List<File> =
        names.map { name -> path.first { it.name.startsWith(name) && it.extension == "jar" } }
}

private const val RIGHT = "287082 secret-character storage-unavailable 36"

/** Calls the engine, and is called by it. */
internal object App {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val totp = Totp(Secret.fromBase32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
        val clock = Clock.fixed(Instant.ofEpochSecond(59), ZoneOffset.UTC)
        val refused = said { Secret.fromBase32("!") }
        val failed = said { Service(Keys.generate(), Broken, clock = clock).createDomain() }
        val domain = Service(Keys.generate(), FileStorage(File(arguments[0])), clock = clock).createDomain()
        println("${totp.generate(clock.instant())} $refused $failed ${domain.length}")
    }

    private fun said(work: () -> Any): String = try {
        work().toString()
    } catch (error: KeyfobException) {
        error.code
    }

    private object Broken : Storage {
        override fun load(key: ByteArray, now: Instant): StoredRecord? = error("no disk")

        override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean = error("no disk")

        override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long = error("no disk")
    }
}
