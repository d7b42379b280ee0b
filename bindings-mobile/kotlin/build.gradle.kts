// Read and not run: see ../settings.gradle.kts.

plugins {
    kotlin("jvm")
    `java-library`
    `maven-publish`
}

group = "io.github.keyfob"
version = "0.1.0"

// Holds linux-x86-64/libkeyfob_mobile.so and the like: `cargo xtask kotlin` makes it.
val native = providers.gradleProperty("keyfob.native").orElse("../../target/kotlin/build/native")

kotlin {
    jvmToolchain(17)
    sourceSets.main { kotlin.srcDirs("src/main/kotlin", "src/generated/kotlin") }
}

sourceSets.main { resources.srcDir(native) }

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm:1.11.0")
    implementation("net.java.dev.jna:jna:5.19.1")
    testImplementation(kotlin("test-junit5"))
    testImplementation("org.jetbrains.kotlinx:kotlinx-coroutines-test-jvm:1.11.0")
    testImplementation("org.jetbrains.kotlinx:kotlinx-serialization-json-jvm:1.9.0")
}

tasks.test {
    useJUnitPlatform()
    systemProperty("keyfob.vectors", file("../../tests/vectors").path)
    systemProperty("keyfob.readme", file("../README.md").path)
}

publishing {
    publications.create<MavenPublication>("jar") {
        artifactId = "keyfob"
        from(components["java"])
    }
}
