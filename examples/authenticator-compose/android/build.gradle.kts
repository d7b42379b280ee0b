plugins {
    id("com.android.application") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.21"
    id("org.jetbrains.kotlin.plugin.compose") version "2.4.21"
}

android {
    namespace = "io.github.keyfob.authenticator"
    compileSdk = 36

    defaultConfig {
        applicationId = "io.github.keyfob.authenticator"
        minSdk = 26 // the first with java.time and java.nio.file
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
    }

    buildTypes {
        release { isMinifyEnabled = true } // the library says itself what must be kept
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    // The logic and the screens, as the desktop has them.
    sourceSets["main"].kotlin.srcDirs("src/main/kotlin", "../logic/src/main/kotlin", "../screens/kotlin")
}

kotlin {
    compilerOptions { allWarningsAsErrors = true }
}

// The versions that android/pom.xml compiles with.
dependencies {
    implementation(":keyfob-android:0.1.0@aar")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
    implementation("androidx.activity:activity-compose:1.13.0")
    implementation("androidx.compose.foundation:foundation:1.12.1")
    implementation("androidx.compose.material3:material3:1.4.0")
    implementation("androidx.compose.ui:ui:1.12.1")
    implementation("androidx.lifecycle:lifecycle-viewmodel:2.11.0")
}
