// Read and not run: see ../settings.gradle.kts.

plugins {
    id("com.android.${"library"}")
    kotlin("android")
    `maven-publish`
}

group = "io.github.keyfob"
version = "0.1.0"

android {
    namespace = "io.github.keyfob"
    compileSdk = 36
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
    }
    sourceSets["main"].apply {
        kotlin.srcDirs(
            "src/main/kotlin",
            "src/compose/kotlin",
            "../kotlin/src/main/kotlin",
            "../kotlin/src/generated/kotlin",
        )
        // Filled by `ANDROID_NDK_HOME=… cargo xtask android`.
        jniLibs.srcDir("../../target/android/jniLibs")
    }
    publishing { singleVariant("release") }
}

kotlin { jvmToolchain(17) }

dependencies {
    api("net.java.dev.jna:jna:5.19.1@aar")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm:1.11.0")
    compileOnly("androidx.compose.ui:ui-graphics:1.12.1") // for `imageBitmap`; apps bring their own
}

publishing {
    publications.register<MavenPublication>("aar") {
        artifactId = "keyfob-android"
        afterEvaluate { from(components["release"]) }
    }
}
