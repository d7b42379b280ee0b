package io.github.keyfob.authenticator

import java.awt.datatransfer.Clipboard
import java.awt.datatransfer.DataFlavor
import java.awt.datatransfer.StringSelection
import java.util.Timer
import kotlin.concurrent.schedule

/** Puts codes into a clipboard, and after a minute takes them out again. */
internal class CodeClipboard(
    private val clipboard: Clipboard,
    private val afterAMinute: (() -> Unit) -> Unit = ::afterAMinute,
) {
    fun copy(code: String) {
        clipboard.setContents(StringSelection(code), null)
        afterAMinute { clear(code) }
    }

    /** Leaves what was copied since; and what cannot be read, for that is another program's. */
    private fun clear(code: String) {
        runCatching {
            if (clipboard.getData(DataFlavor.stringFlavor) == code) clipboard.setContents(StringSelection(""), null)
        }
    }
}

/** Of a daemon: it keeps no window open. */
private val timer by lazy { Timer("clipboard", true) }

private fun afterAMinute(work: () -> Unit) {
    timer.schedule(60_000L) { work() }
}
