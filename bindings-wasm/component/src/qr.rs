use alloc::string::String;

use keyfob::enrolment::{self, Pixels, Qr};

use crate::{
    Component,
    exports::qr::{ErrorCorrection, Guest, Matrix, SvgOptions},
    types::Fault,
};

impl Guest for Component {
    fn encode(text: String, level: ErrorCorrection) -> Result<Matrix, Fault> {
        let qr = Qr::encode(&text, level.into())?;
        let places = (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| (x, y)));
        let modules = places.map(|(x, y)| qr.module(x, y)).collect();
        Ok(Matrix { size: qr.size() as u32, modules })
    }

    fn to_svg(text: String, level: ErrorCorrection, options: SvgOptions) -> Result<String, Fault> {
        let SvgOptions { title, pixels } = options;
        let pixels = pixels.map(Pixels::new).transpose()?;
        let options = enrolment::SvgOptions { title: &title, pixels };
        Ok(Qr::encode(&text, level.into())?.to_svg(options).as_str().into())
    }
}

impl From<ErrorCorrection> for enrolment::ErrorCorrection {
    fn from(level: ErrorCorrection) -> Self {
        match level {
            ErrorCorrection::Low => Self::Low,
            ErrorCorrection::Medium => Self::Medium,
            ErrorCorrection::Quartile => Self::Quartile,
            ErrorCorrection::High => Self::High,
        }
    }
}
